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
const prepared = new WeakMap<Connection, Map<PreparedStatement<object>, Column[]>>();

/**
 * Prepared statements that travel together: one message there, carried out in their order up to the first that fails, and
 * one message back. Sent by node-postgres one behind the other, each was answered by itself, and waking the other
 * process was most of what a small statement cost.
 */
export class RoundTrip implements Submittable {
  private readonly results: object[][] = [];
  private rows: object[] = [];
  private columns!: Map<PreparedStatement<object>, Column[]>;
  /** What the last statement did, as PostgreSQL calls it. */
  private lastTag = '';

  private constructor(
    private readonly sent: readonly Sendable<object>[],
    /** Called at the end, with or without an error; node-postgres puts its own around it, for its time-out. */
    public callback: (error: Error | null) => void,
  ) {}

  /** Resolves to the rows of each statement; rejects with the first failure. */
  static async over<const Statements extends readonly Sendable<object>[]>(
    client: ClientBase,
    statements: Statements,
  ): Promise<{ rows: RowsOf<Statements>; lastTag: string }> {
    return new Promise((resolve, reject) => {
      const trip: RoundTrip = new RoundTrip(statements, (error) => {
        if (error) reject(trip.failure(error));
        else resolve({ rows: trip.results as RowsOf<Statements>, lastTag: trip.lastTag });
      });
      client.query(trip);
    });
  }

  submit(connection: Connection): void {
    this.columns = prepared.get(connection) ?? new Map<PreparedStatement<object>, Column[]>();
    prepared.set(connection, this.columns);
    connection.stream.cork();
    for (const { statement, values } of this.sent) {
      if (!this.columns.has(statement)) this.prepare(statement, connection);
      connection.bind({ statement: statement.name, values }, true);
      connection.execute({}, true);
    }
    connection.sync();
    connection.stream.uncork();
  }

  handleRowDescription({ fields }: { fields: FieldDef[] }): void {
    const columns = fields.map(({ name, dataTypeID }) => ({ name, parse: types.getTypeParser(dataTypeID) }));
    this.columns.set(this.current.statement, columns);
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    const columns = this.columns.get(this.current.statement)!;
    const row: Record<string, unknown> = {};
    for (const [index, { name, parse }] of columns.entries()) {
      const text = fields[index]!;
      row[name] = text === null ? null : parse(text);
    }
    this.rows.push(row);
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.lastTag = text;
    this.results.push(this.rows);
    this.rows = [];
  }

  handleReadyForQuery(): void {
    this.callback(null);
  }

  /** The statements from the failed one on may not be prepared. */
  handleError(error: Error): void {
    for (const { statement } of this.sent.slice(this.results.length)) this.columns?.delete(statement);
    this.callback(error);
  }

  /** Where its name is taken by an attempt that failed, that one goes first. */
  private prepare(statement: PreparedStatement<object>, connection: Connection): void {
    const { name, text } = statement;
    connection.close({ type: 'S', name }, true);
    connection.parse({ name, text, types: [] }, true);
    connection.describe({ type: 'S', name }, true);
    this.columns.set(statement, []);
  }

  private get current(): Sendable<object> {
    return this.sent[this.results.length]!;
  }

  private failure(error: Error): QueryFailedError {
    const { statement, values } = this.current ?? this.sent.at(-1)!;
    return new QueryFailedError(statement.text, values, error);
  }
}
