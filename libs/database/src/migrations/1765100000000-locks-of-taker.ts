import type { MigrationInterface, QueryRunner } from 'typeorm';
import { makeIndex } from './make-index.js';

/** A taker's locks are counted at each that it takes, however many orders it has held before. */
export class LocksOfTaker1765100000000 implements MigrationInterface {
  name = 'LocksOfTaker1765100000000';
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await makeIndex(runner, 'orders_locked_of_taker', `orders (locked_taker_id) WHERE status = 'locked'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS orders_locked_of_taker');
  }
}
