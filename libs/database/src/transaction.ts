import type { PoolClient } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
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
const NOW = new PreparedStatement<{ now: Date }>('database_now', 'SELECT clock_timestamp() AS now').with();

/** A transaction of few round trips, or of one: BEGIN travels with the first statements, and COMMIT may with the last. */
export class Transaction {
  private hasBegun = false;
  private isCommitted = false;

  private constructor(
    /** For what TypeORM does in the same transaction, once it has begun. */
    readonly manager: EntityManager,
    private readonly connection: PoolClient,
  ) {}

  /** Commits when `work` has not done so; rolls back when it throws. */
  static async run<T>(dataSource: DataSource, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const queryRunner = dataSource.createQueryRunner();
    try {
      const connection = (await queryRunner.connect()) as PoolClient;
      return await new Transaction(queryRunner.manager, connection).carryOut(work);
    } finally {
      await queryRunner.release();
    }
  }

  /** Has statements carried out in one round trip, up to the first that fails. */
  async send<const Statements extends readonly Sendable<object>[]>(
    statements: Statements,
  ): Promise<RowsOf<Statements>> {
    return (await this.exchange(statements)).rows;
  }

  /** The database's clock at this moment, not at the transaction's start. */
  async now(): Promise<Date> {
    const [[row]] = await this.send([NOW]);
    return row!.now;
  }

  /** Commits in the same round trip as the last statements, unless one of them fails. */
  async commit<const Statements extends readonly Sendable<object>[]>(
    statements: Statements,
  ): Promise<RowsOf<Statements>> {
    const { rows, lastTag } = await this.exchange([...statements, COMMIT]);
    if (lastTag !== 'COMMIT')
      throw new Error('the transaction was rolled back, as a statement of it had failed');
    this.isCommitted = true;
    return rows.slice(0, -1) as RowsOf<Statements>;
  }

  private async exchange<const Statements extends readonly Sendable<object>[]>(
    statements: Statements,
  ): Promise<{ rows: RowsOf<Statements>; lastTag: string }> {
    const opening = this.hasBegun ? [] : OPENING;
    this.hasBegun = true;
    const { rows, lastTag } = await RoundTrip.over(this.connection, [...opening, ...statements]);
    return { rows: rows.slice(opening.length) as RowsOf<Statements>, lastTag };
  }

  private async carryOut<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      const result = await work(this);
      if (!this.isCommitted) await this.commit([]);
      return result;
    } catch (error) {
      // of a connection that is gone, PostgreSQL rolls it back by itself
      if (!this.isCommitted) await this.connection.query('ROLLBACK').catch(() => {});
      throw error;
    }
  }
}
