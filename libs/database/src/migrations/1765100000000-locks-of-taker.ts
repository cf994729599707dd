import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A taker's locks are counted at each that it takes, however many orders it has held before. */
export class LocksOfTaker1765100000000 implements MigrationInterface {
  name = 'LocksOfTaker1765100000000';
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    // what is there was left unfinished
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS orders_locked_of_taker');
    await runner.query(
      `CREATE INDEX CONCURRENTLY orders_locked_of_taker ON orders (locked_taker_id) WHERE status = 'locked'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS orders_locked_of_taker');
  }
}
