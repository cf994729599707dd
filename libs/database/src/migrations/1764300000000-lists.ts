import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the lists of orders, fills and requests need: an order's last holder, a fill's status, and their indexes. */
export class Lists1764300000000 implements MigrationInterface {
  name = 'Lists1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    // A released order keeps who held it last, so that it stays in that taker's list; a lock lives while it has an id
    await runner.query(`
      ALTER TABLE orders DROP CONSTRAINT orders_lock_whole;
      ALTER TABLE orders ADD CONSTRAINT orders_lock_whole CHECK (
        num_nonnulls(lock_id, lock_expires_at) IN (0, 2)
        AND num_nonnulls(locked_by, locked_taker_id, locked_at) IN (0, 3)
        AND (lock_id IS NULL OR locked_by IS NOT NULL));
      ALTER TABLE fills ADD COLUMN status text CHECK (status IN ('filled', 'partially_filled'));
      UPDATE fills f SET status = o.status FROM orders o WHERE o.id = f.order_id;
      ALTER TABLE fills ALTER COLUMN status SET NOT NULL;
    `);

    // What the desk's own systems know of a wallet's owner; the service only shows it
    await runner.query(`
      ALTER TABLE makers
        ADD COLUMN username   text CHECK (length(username) BETWEEN 1 AND 100),
        ADD COLUMN email      text CHECK (length(email) BETWEEN 3 AND 320),
        ADD COLUMN avatar_url text CHECK (length(avatar_url) BETWEEN 1 AND 2000),
        ADD COLUMN status     text NOT NULL DEFAULT 'active' CHECK (length(status) BETWEEN 1 AND 32);
    `);

    // The id ends each key: rows of one instant or price keep one order from page to page. What is included lets the
    // filters that have no index of their own be answered without reading the rows of a large taker
    await runner.query(`
      CREATE INDEX orders_available ON orders (created_at, id) INCLUDE (deadline) WHERE status = 'pending';
      CREATE INDEX orders_of_maker ON orders (maker, created_at, id);
      CREATE INDEX orders_of_taker ON orders (locked_taker_id, created_at, id) INCLUDE (exchange, is_buy)
        WHERE locked_taker_id IS NOT NULL;
      CREATE INDEX orders_of_taker_by_status ON orders (locked_taker_id, status, created_at, id)
        WHERE locked_taker_id IS NOT NULL;
      CREATE INDEX orders_of_taker_by_ticker ON orders (locked_taker_id, ticker, created_at, id)
        WHERE locked_taker_id IS NOT NULL;
      CREATE INDEX orders_of_taker_by_price ON orders (locked_taker_id, price, id)
        WHERE locked_taker_id IS NOT NULL;
      CREATE INDEX orders_of_taker_by_lock ON orders (locked_taker_id, locked_at, id)
        WHERE locked_taker_id IS NOT NULL;
      CREATE INDEX fills_of_taker ON fills (taker_id, created_at, id)
        INCLUDE (taker_address, status, fee_amount, incentive_amount, block_number);
      CREATE INDEX fills_of_taker_by_quantity ON fills (taker_id, fill_quantity, id);
      CREATE INDEX fills_of_taker_by_amount ON fills (taker_id, fill_amount, id);
      CREATE INDEX fills_by_transaction ON fills (tx_hash) WHERE tx_hash IS NOT NULL;
      CREATE INDEX cancellation_requests_of_taker ON cancellation_requests (taker_id, status, requested_at, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX orders_available, orders_of_maker, orders_of_taker, orders_of_taker_by_status,
        orders_of_taker_by_ticker, orders_of_taker_by_price, orders_of_taker_by_lock, fills_of_taker,
        fills_of_taker_by_quantity, fills_of_taker_by_amount, fills_by_transaction, cancellation_requests_of_taker;
      ALTER TABLE makers DROP COLUMN username, DROP COLUMN email, DROP COLUMN avatar_url, DROP COLUMN status;
      ALTER TABLE fills DROP COLUMN status;
      ALTER TABLE orders DROP CONSTRAINT orders_lock_whole;
      UPDATE orders SET locked_by = NULL, locked_taker_id = NULL, locked_at = NULL WHERE lock_id IS NULL;
      ALTER TABLE orders ADD CONSTRAINT orders_lock_whole CHECK (
        num_nonnulls(lock_id, locked_by, locked_taker_id, locked_at, lock_expires_at) IN (0, 5));
    `);
  }
}
