import type { Writable } from 'node:stream';
import type { PoolClient } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { PreparedStatement } from './prepared-statement.js';

const NOW = new PreparedStatement<{ now: Date }>('database_now', 'SELECT clock_timestamp() AS now');

/**
 * A transaction that waits for the database only where a result is needed: BEGIN is sent with the first statements, and
 * COMMIT may be sent with the last. When one of these fails, PostgreSQL makes a ROLLBACK of the COMMIT.
 */
export class Transaction {
  private hasEnded = false;

  private constructor(
    /** For what TypeORM does in the same transaction, once a first result is there. */
    readonly manager: EntityManager,
    private readonly connection: PoolClient,
    private readonly begun: Promise<unknown>,
  ) {}

  /** Commits when `work` has not done so; rolls back when it throws. */
  static async run<T>(dataSource: DataSource, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const queryRunner = dataSource.createQueryRunner();
    try {
      const connection = (await queryRunner.connect()) as PoolClient;
      corkForThisTurn(connection);
      const begun = connection.query('BEGIN');
      begun.catch(() => {}); // also when nobody waits for it
      return await new Transaction(queryRunner.manager, connection, begun).carryOut(work);
    } finally {
      await queryRunner.release();
    }
  }

  /** Sends a statement at once, behind those before it. Nothing may be written before the first result is there. */
  async send<Row extends object>(statement: PreparedStatement<Row>, values: unknown[]): Promise<Row[]> {
    corkForThisTurn(this.connection);
    const sent = statement.on(this.connection, values);
    // without BEGIN a statement is a transaction of its own: what came of it is nobody's to use
    const [, rows] = await Promise.all([this.begun, sent]);
    return rows;
  }

  /** The database's clock at this moment, not at the transaction's start. */
  async now(): Promise<Date> {
    const [row] = await this.send(NOW, []);
    return row!.now;
  }

  /** Sends COMMIT at once, behind what was sent; the results of that are still to be waited for. */
  async commit(): Promise<void> {
    this.hasEnded = true;
    corkForThisTurn(this.connection);
    const { command } = await this.connection.query('COMMIT');
    if (command !== 'COMMIT')
      throw new Error('the transaction was rolled back, as a statement of it had failed');
  }

  private async carryOut<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      const result = await work(this);
      if (!this.hasEnded) await this.commit();
      return result;
    } catch (error) {
      // of a connection that is gone, PostgreSQL rolls it back by itself
      if (!this.hasEnded) await this.connection.query('ROLLBACK').catch(() => {});
      throw error;
    }
  }
}

/** What a connection is given in one turn goes out at once: writing to its socket is the dearest part of a statement. */
function corkForThisTurn(connection: PoolClient): void {
  const { stream } = (connection as unknown as { connection: { stream: Writable } }).connection;
  stream.cork();
  process.nextTick(() => stream.uncork());
}
