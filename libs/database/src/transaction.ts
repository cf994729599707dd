import type { Span } from '#tracing';
import { DatabaseError, type PoolClient } from 'pg';
import { type DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import { CommitUnknownError } from './commit-unknown-error.js';
import { commitsOf } from './commits-under-way.js';
import { READ_CLOCK } from './database-clock.js';
import { driverError } from './database-errors.js';
import { PreparedStatement, type Sendable } from './prepared-statement.js';
import { RoundTrip, type RowsOf } from './round-trip.js';

const BEGIN = new PreparedStatement('begin', 'BEGIN').with();
/**
 * The plan that is kept for an array looks dear, as it is made for ten values: for fewer, PostgreSQL would make another one
 * each time, which takes longer than carrying it out.
 */
const KEEP_PLANS = new PreparedStatement(
  'keep_plans',
  'SET LOCAL plan_cache_mode = force_generic_plan',
).with();
const OPENING = [BEGIN, KEEP_PLANS];
const COMMIT = new PreparedStatement('commit', 'COMMIT').with();

/** Failures that are nobody's fault: serialization_failure, deadlock_detected. The same work succeeds on another try. */
const CONFLICTS = new Set<unknown>(['40001', '40P01']);
const MAX_TRIES = 3;
/** node-postgres, of a connection that it knows to be lost: it sends nothing. */
const NOT_SENT = /not queryable/;

/** A transaction of few round trips, or of one: BEGIN travels with the first statements, and COMMIT may with the last. */
export class Transaction {
  private hasBegun = false;
  /** Whether COMMIT was sent, and what became of it is known or cannot be. */
  private isEnded = false;

  private constructor(
    /** For what TypeORM does in the same transaction, once it has begun. */
    readonly manager: EntityManager,
    private readonly connection: PoolClient,
    /** Below which the statements are traced. */
    private readonly span: Span | undefined,
  ) {}

  /**
   * Commits when `work` has not done so; rolls back when it throws. After a conflict with other transactions `work` is run
   * again, from its start, in a new one. A span that is given ends with it.
   */
  static async run<T>(
    dataSource: DataSource,
    work: (tx: Transaction) => Promise<T>,
    span?: Span,
  ): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        const result = await Transaction.runOnce(dataSource, work, span);
        span?.end();
        return result;
      } catch (error) {
        if (tries < MAX_TRIES && isConflict(error)) continue;
        span?.end(error);
        throw error;
      }
    }
  }

  /** The same, where TypeORM does all of the work. */
  static async withManager<T>(
    dataSource: DataSource,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    return Transaction.run(dataSource, async (tx) => {
      await tx.manager.queryRunner!.startTransaction();
      tx.hasBegun = true;
      return work(tx.manager);
    });
  }

  /** Reads in one round trip, by a plan that is kept. */
  static async read<Row extends object>(dataSource: DataSource, statement: Sendable<Row>): Promise<Row[]> {
    return Transaction.runOnce(dataSource, async (tx) => {
      const { rows } = await tx.exchange([statement, COMMIT]);
      tx.isEnded = true;
      return rows[0];
    });
  }

  private static async runOnce<T>(
    dataSource: DataSource,
    work: (tx: Transaction) => Promise<T>,
    span?: Span,
  ): Promise<T> {
    const queryRunner = dataSource.createQueryRunner();
    try {
      const connection = (await queryRunner.connect()) as PoolClient;
      return await new Transaction(queryRunner.manager, connection, span).carryOut(work);
    } finally {
      await queryRunner.release();
    }
  }

  get isTraced(): boolean {
    return this.span !== undefined;
  }

  /** Has statements carried out in one round trip, up to the first that fails. */
  async send<const Statements extends readonly Sendable<object>[]>(
    statements: Statements,
  ): Promise<RowsOf<Statements>> {
    return (await this.exchange(statements)).rows;
  }

  /** The database's clock at this moment, not at the transaction's start. */
  async now(): Promise<Date> {
    const [[row]] = await this.send([READ_CLOCK]);
    return row!.now;
  }

  /** Commits in the same round trip as the last statements, unless one of them fails. */
  async commit<const Statements extends readonly Sendable<object>[]>(
    statements: Statements,
  ): Promise<RowsOf<Statements>> {
    const { rows, lastTag } = await this.exchangeWithCommit([...statements, COMMIT]);
    if (lastTag !== 'COMMIT')
      throw new Error('the transaction was rolled back, as a statement of it had failed');
    return rows.slice(0, -1) as RowsOf<Statements>;
  }

  private async exchangeWithCommit(statements: readonly Sendable<object>[]) {
    const commits = commitsOf(this.manager.dataSource);
    const commit = commits.send();
    this.isEnded = true;
    try {
      const answer = await this.exchange(statements);
      commits.done(commit);
      return answer;
    } catch (error) {
      const isRefused = await this.isRefusal(error);
      if (isRefused) commits.refused(commit);
      else commits.giveUp(commit);
      throw isRefused ? error : new CommitUnknownError(error as QueryFailedError);
    }
  }

  /**
   * Whether a COMMIT that failed cannot have been done: PostgreSQL refused something of it, after which the connection can
   * be used and the transaction rolled back (where its words are not English, only that tells), or it was not sent at all.
   */
  private async isRefusal(error: unknown): Promise<boolean> {
    const cause = driverError(error);
    if (!(cause instanceof DatabaseError)) return NOT_SENT.test((cause as Error).message);
    return (await this.rollBack()) || cause.severity === 'ERROR';
  }

  /** Of a connection that is gone, PostgreSQL does it by itself. */
  private async rollBack(): Promise<boolean> {
    return this.connection.query('ROLLBACK').then(
      () => true,
      () => false,
    );
  }

  private async exchange<const Statements extends readonly Sendable<object>[]>(
    statements: Statements,
  ): Promise<{ rows: RowsOf<Statements>; lastTag: string }> {
    const opening = this.hasBegun ? [] : OPENING;
    this.hasBegun = true;
    const { rows, lastTag } = await RoundTrip.over(this.connection, [...opening, ...statements], this.span);
    return { rows: rows.slice(opening.length) as RowsOf<Statements>, lastTag };
  }

  private async carryOut<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      const result = await work(this);
      if (!this.isEnded) await this.commit([]);
      return result;
    } catch (error) {
      if (!this.isEnded) await this.rollBack();
      throw error;
    }
  }
}

function isConflict(error: unknown): boolean {
  const { code } = (driverError(error) ?? {}) as { code?: unknown };
  return !(error instanceof CommitUnknownError) && CONFLICTS.has(code);
}
