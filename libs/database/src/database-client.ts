import { callbackify } from 'node:util';
import { WAITS_MS } from '#config';
import pg, { type ClientConfig, type DatabaseError, type Submittable } from 'pg';
import { APPLICATION_NAME } from './application-name.js';
import { asDatabaseError, DatabaseUnavailableError, isReadOnly, NoAnswerError } from './database-errors.js';
import { lead } from './pg-internals.js';
import { Route, type Way } from './route.js';
import { SESSION_SETTINGS, statementTimeout } from './session-settings.js';

/** From the first packet to the first statement, with the search for a host that will do. */
const CONNECT_TIMEOUT_MS = 4_000;
/** One that is meant to last, and that PostgreSQL does not bound: beyond that its peer is gone. */
const LASTING_ANSWER_TIMEOUT_MS = 6 * 3_600_000;
/** A peer that is gone does not say goodbye. */
const GOODBYE_TIMEOUT_MS = 1_000;
/** A database may have a statement_timeout so short that the setting of another one does not always pass. */
const SETTING_ATTEMPTS = 5;
const QUERY_CANCELED = '57014';

export interface DatabaseClientConfig {
  connectionString: string;
  connectTimeoutMs?: number;
  answerTimeoutMs?: number;
  /** Without time limits statements may take hours, here and at the server. */
  hasTimeLimits?: boolean;
  /** The only way to be tried. */
  way?: Way;
}

/** A query as node-postgres carries it out: its own, or one of ours. */
interface Guarded extends Submittable {
  callback: (error: Error | null, ...result: unknown[]) => void;
}

/**
 * Every connection to the database. It takes the way that leads there, has the same settings whatever the database or
 * role says, and is destroyed when an answer does not come, so that nothing waits behind it.
 */
export class DatabaseClient extends pg.Client {
  /** Of statements to come. */
  hasTimeLimits: boolean;
  private readonly route: Route;
  private readonly connectTimeoutMs: number;
  private readonly answerTimeoutMs: number;
  private way: Way | undefined;
  /** When the statements were sent that have no answer, by performance.now(). */
  private readonly unanswered = new Set<{ sentAt: number }>();

  constructor(private readonly config: DatabaseClientConfig) {
    const route = Route.to(config.connectionString);
    super(connectionOf(route));
    this.route = route;
    this.way = config.way;
    this.hasTimeLimits = config.hasTimeLimits ?? true;
    this.connectTimeoutMs = config.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    this.answerTimeoutMs = config.answerTimeoutMs ?? WAITS_MS.answer;
    // without listeners, the loss of a connection that nobody uses would end the process
    this.on('error', () => this.forgetWay());
    this.connection.stream.on('error', () => {});
  }

  override connect(): Promise<this>;
  override connect(callback: (error: Error | null, client?: this) => void): void;
  override connect(callback?: (error: Error | null, client?: this) => void): Promise<this> | void {
    if (!callback) return this.open();
    callbackify(() => this.open())(callback);
  }

  override query(config: unknown, values?: unknown, callback?: unknown): never {
    const isSubmittable = typeof (config as Partial<Submittable>)?.submit === 'function';
    const query = (
      isSubmittable ? config : new pg.Query(config as string, values as [], callback as never)
    ) as Guarded;
    let result: unknown = isSubmittable ? config : undefined;
    if (!query.callback) {
      result = new Promise((resolve, reject) => {
        query.callback = (error, rows) => (error ? reject(error) : resolve(rows));
      }).catch((error: Error) => {
        Error.captureStackTrace(error); // so that it leads to who has asked
        throw error;
      });
    }
    this.guard(query);
    super.query(query);
    return result as never;
  }

  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void): Promise<void> | void {
    setTimeout(() => this.destroy(), GOODBYE_TIMEOUT_MS).unref();
    return callback ? super.end(callback) : super.end();
  }

  /** Ends the connection without a word; what is under way fails with the error. */
  destroy(error?: Error): void {
    this.connection.stream.destroy(error);
  }

  /** For how long its oldest statement has been without an answer. */
  get waitingMs(): number {
    const [oldest] = this.unanswered;
    return oldest ? performance.now() - oldest.sentAt : 0;
  }

  /** Destroys it for a reason that others over the same way will meet too. */
  private abandon(error: Error): void {
    this.forgetWay();
    this.destroy(error);
    this.emit('abandoned');
  }

  private async open(): Promise<this> {
    let tooLate: Error | undefined;
    const timer = setTimeout(() => {
      tooLate = new NoAnswerError(this.connectTimeoutMs);
      this.destroy(tooLate);
    }, this.connectTimeoutMs);
    try {
      this.way ??= await this.route.find((way) => this.probe(way));
      if (tooLate) throw tooLate;
      lead(this, this.way);
      await super.connect();
      await this.prepareSession();
      return this;
    } catch (error) {
      this.forgetWay();
      this.destroy();
      throw asDatabaseError(error as Error);
    } finally {
      clearTimeout(timer);
    }
  }

  private async probe(way: Way): Promise<void> {
    const { config, connectTimeoutMs } = this;
    const client = new DatabaseClient({ ...config, connectTimeoutMs, way });
    await client.connect();
    await client.end();
  }

  private forgetWay(): void {
    if (this.way) this.route.forget(this.way);
  }

  private async prepareSession(attempt = 1): Promise<void> {
    const settings = `${statementTimeout(this.hasTimeLimits)}; ${SESSION_SETTINGS}`;
    try {
      const results = (await this.query(settings)) as { rows: { in_hot_standby?: string }[] }[];
      const isStandby = results.at(-1)!.rows[0]!.in_hot_standby === 'on';
      if (isStandby && this.route.address.isWritable) {
        throw new DatabaseUnavailableError('the server is a standby, which cannot be written');
      }
    } catch (error) {
      if ((error as DatabaseError).code !== QUERY_CANCELED || attempt === SETTING_ATTEMPTS) throw error;
      await this.prepareSession(attempt + 1);
    }
  }

  /** Bounds the wait for its answer, and has its failure told in our terms. */
  private guard(query: Guarded): void {
    const { callback } = query;
    let isAnswered = false;
    const sent = { sentAt: performance.now() };
    this.unanswered.add(sent);
    const milliseconds = this.hasTimeLimits ? this.answerTimeoutMs : LASTING_ANSWER_TIMEOUT_MS;
    const giveUp = (): void => {
      if (!isAnswered) this.abandon(new NoAnswerError(milliseconds));
    };
    // an answer may have arrived already where this process itself stood still
    const timer = setTimeout(() => setImmediate(giveUp), milliseconds);
    query.callback = (error, ...result) => {
      isAnswered = true;
      this.unanswered.delete(sent);
      clearTimeout(timer);
      if (isReadOnly(error)) this.abandon(error!);
      callback(error && asDatabaseError(error), ...result);
    };
  }
}

function connectionOf({ address }: Route): ClientConfig {
  const { user, password, database, applicationName, options } = address;
  return {
    user,
    // asked for only where the server wants one
    password: password ?? process.env.PGPASSWORD ?? missingPassword,
    database,
    ssl: false,
    // it has to begin as ours do, or the tail would take its transactions for a stranger's
    application_name: [APPLICATION_NAME, applicationName].filter(Boolean).join(' '),
    options,
    keepAlive: true,
  };
}

function missingPassword(): never {
  throw new DatabaseUnavailableError('the server wants a password, and DATABASE_URL has none');
}
