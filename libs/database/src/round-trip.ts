import type { Span } from '#tracing';
import { type ClientBase, type Connection, type FieldDef, type Submittable, types } from 'pg';
import { QueryFailedError } from 'typeorm';
import type { PreparedStatement, Sendable } from './prepared-statement.js';

/** The rows of several statements, in their order. */
export type RowsOf<Statements extends readonly Sendable<object>[]> = {
  -readonly [K in keyof Statements]: Statements[K] extends Sendable<infer Row> ? Row[] : never;
};

interface Column {
  name: string;
  parse: (text: string) => unknown;
}

/** What each connection has prepared, with the columns that it returns. */
const preparedOn = new WeakMap<Connection, Map<PreparedStatement<object>, Column[]>>();

/**
 * Prepared statements that travel together: one message there, carried out in their order up to the first that fails, and
 * one message back. Sent one behind the other, as node-postgres can, each fails by itself, and which failure is heard of
 * first is chance; here there is one.
 */
export class RoundTrip implements Submittable {
  private readonly results: object[][] = [];
  private rows: object[] = [];
  /** Of each statement. */
  private columns: Column[][] = [];
  private prepared = new Map<PreparedStatement<object>, Column[]>();
  /** What the last statement did, as PostgreSQL calls it. */
  private lastTag = '';

  private constructor(
    private readonly sent: readonly Sendable<object>[],
    /** Called at the end, with or without an error; the connection puts its own around it, for its time-out. */
    public callback: (error: Error | null) => void,
  ) {}

  /** Resolves to the rows of each statement; rejects with the first failure. Traced as one span, below one that is given. */
  static async over<const Statements extends readonly Sendable<object>[]>(
    client: ClientBase,
    statements: Statements,
    parent?: Span,
  ): Promise<{ rows: RowsOf<Statements>; lastTag: string }> {
    return new Promise((resolve, reject) => {
      const span = parent && beginSpan(parent, statements);
      const trip: RoundTrip = new RoundTrip(statements, (error) => {
        span?.end(error);
        if (error) reject(trip.failure(error));
        else resolve({ rows: trip.results as RowsOf<Statements>, lastTag: trip.lastTag });
      });
      client.query(trip);
    });
  }

  submit(connection: Connection): void {
    this.prepared = preparedOn.get(connection) ?? this.prepared;
    preparedOn.set(connection, this.prepared);
    this.columns = this.sent.map(({ statement }) => this.prepared.get(statement) ?? []);
    connection.stream.cork();
    for (const { statement, values } of this.sent) {
      if (!this.prepared.has(statement)) prepare(statement, connection);
      connection.bind({ statement: statement.name, values }, true);
      connection.execute({}, true);
    }
    connection.sync();
    connection.stream.uncork();
  }

  handleRowDescription({ fields }: { fields: FieldDef[] }): void {
    this.columns[this.results.length] = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: types.getTypeParser(dataTypeID),
    }));
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    const row: Record<string, unknown> = {};
    for (const [index, { name, parse }] of this.columns[this.results.length]!.entries()) {
      const text = fields[index]!;
      row[name] = text === null ? null : parse(text);
    }
    this.rows.push(row);
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.lastTag = text;
    this.prepared.set(this.current!.statement, this.columns[this.results.length]!);
    this.results.push(this.rows);
    this.rows = [];
  }

  handleReadyForQuery(): void {
    this.callback(null);
  }

  /** The statements from the failed one on may not be prepared. */
  handleError(error: Error): void {
    for (const { statement } of this.sent.slice(this.results.length)) this.prepared.delete(statement);
    this.callback(error);
  }

  private get current(): Sendable<object> | undefined {
    return this.sent[this.results.length];
  }

  private failure(error: Error): QueryFailedError {
    const { statement, values } = this.current ?? this.sent.at(-1)!;
    return new QueryFailedError(statement.text, values, error);
  }
}

/** PostgreSQL sends its answers together, so that one statement's time cannot be told from the others'. */
function beginSpan(parent: Span, statements: readonly Sendable<object>[]): Span {
  const names = statements.map(({ statement }) => statement.name).join('; ');
  return parent.begin(names, {
    kind: 'client',
    attributes: {
      'db.system.name': 'postgresql',
      'db.query.summary': names,
      'db.operation.batch.size': statements.length > 1 ? statements.length : undefined,
    },
  });
}

/** Where its name is taken by an attempt that failed, that one goes first. */
function prepare({ name, text }: PreparedStatement<object>, connection: Connection): void {
  connection.close({ type: 'S', name }, true);
  connection.parse({ name, text, types: [] }, true);
  connection.describe({ type: 'S', name }, true);
}
