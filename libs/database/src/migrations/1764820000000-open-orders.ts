import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A maker's open orders are counted before each new one, beside any number that have ended. It can be repeated. */
export class OpenOrders1764820000000 implements MigrationInterface {
  name = 'OpenOrders1764820000000';
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    // what is there was left unfinished
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS orders_open_of_maker');
    await runner.query(`
      CREATE INDEX CONCURRENTLY orders_open_of_maker ON orders (maker)
        WHERE status IN ('pending', 'locked', 'suspended')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX orders_open_of_maker');
  }
}
