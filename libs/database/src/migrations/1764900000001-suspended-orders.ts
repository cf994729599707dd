import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Suspended orders are few, and are counted at each scrape. It can be stopped at any point, and repeated. */
export class SuspendedOrders1764900000001 implements MigrationInterface {
  name = 'SuspendedOrders1764900000001';
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS orders_suspended');
    await runner.query(
      `CREATE INDEX CONCURRENTLY orders_suspended ON orders (updated_at, id) WHERE status = 'suspended'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX orders_suspended');
  }
}
