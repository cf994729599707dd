import type { DataSource, EntityManager } from 'typeorm';

/** The largest participants are far larger than the rest, as in life: squares of random() skew the draws. */
const TAKERS = 20;
const MAKERS = 10_000;
const TICKERS = 500;

/** Fills the tables with orders of a year in every status, with their fills and cancellation requests. */
export async function seed(dataSource: DataSource, orders: number): Promise<void> {
  await dataSource.transaction(async (manager) => {
    await seedOrders(manager, orders);
    await seedFillsAndRequests(manager);
  });
  await dataSource.query('VACUUM (ANALYZE)');
}

async function seedOrders(manager: EntityManager, orders: number): Promise<void> {
  await manager.query(`
    INSERT INTO takers (id, name) SELECT gen_random_uuid(), 'taker ' || n FROM generate_series(1, ${TAKERS}) n;
    INSERT INTO taker_addresses (address, taker_id)
      SELECT '0x' || left(encode(sha256(name::bytea), 'hex'), 40), id FROM takers`);
  await manager.query(
    `
    WITH ranked AS (
      SELECT (row_number() OVER (ORDER BY name))::integer AS rank, id, address
      FROM takers JOIN taker_addresses ON taker_id = id
    ), drawn AS (
      SELECT n, floor(${MAKERS} * random() ^ 2) AS maker, 1 + floor(${TAKERS} * random() ^ 2)::integer AS taker,
        floor(${TICKERS} * random() ^ 2) AS ticker, random() AS fate, random() AS venue,
        clock_timestamp() - random() * interval '365 days' AS created_at
      FROM generate_series(1, $1::integer) n
    ), fated AS (
      SELECT *, CASE WHEN fate < 0.15 THEN 'pending' WHEN fate < 0.17 THEN 'locked' WHEN fate < 0.72 THEN 'filled'
        WHEN fate < 0.80 THEN 'partially_filled' WHEN fate < 0.92 THEN 'cancelled' WHEN fate < 0.97 THEN 'expired'
        WHEN fate < 0.999 THEN 'rejected' ELSE 'suspended' END AS status
      FROM drawn
    )
    INSERT INTO orders (order_hash, maker, principal, is_buy, ticker, exchange, asset, price, quantity, incentive,
      deadline, nonce, signature, status, filled_quantity, version, lock_id, locked_by, locked_taker_id, locked_at,
      lock_expires_at, created_at, updated_at)
    SELECT '0x' || encode(sha256(n::text::bytea), 'hex'), wallet, wallet, n % 2 = 0, 'T' || fated.ticker,
      CASE WHEN venue < 0.9 THEN 0 ELSE 1 + (venue * 1000)::integer % 10 END, '0x' || repeat('55', 20),
      (1 + floor(random() * 100000)) * 1e16, 100, 5e17, extract(epoch FROM clock_timestamp())::bigint + 31536000, n,
      '0x' || repeat('5c', 65), status,
      CASE status WHEN 'filled' THEN 100 WHEN 'partially_filled' THEN 1 + n % 99 ELSE 0 END, 3,
      CASE WHEN status IN ('locked', 'suspended') THEN gen_random_uuid() END,
      CASE WHEN status <> 'pending' THEN ranked.address END, CASE WHEN status <> 'pending' THEN ranked.id END,
      CASE WHEN status <> 'pending' THEN created_at + interval '1 minute' END,
      CASE WHEN status IN ('locked', 'suspended') THEN clock_timestamp() + (1 + random()) * interval '1 day' END,
      created_at, created_at + interval '2 minutes'
    FROM fated JOIN ranked ON ranked.rank = fated.taker
      CROSS JOIN LATERAL (SELECT '0x' || left(encode(sha256(fated.maker::text::bytea), 'hex'), 40) AS wallet) w`,
    [orders],
  );
}

async function seedFillsAndRequests(manager: EntityManager): Promise<void> {
  await manager.query(`
    INSERT INTO fills (order_id, taker_id, taker_address, fill_quantity, fill_amount, fee_amount, incentive_amount,
      taker_incentive, status, tx_hash, block_number, created_at)
    SELECT id, locked_taker_id, locked_by, filled_quantity, price * filled_quantity, 0, incentive, incentive, status,
      order_hash, nonce, updated_at
    FROM orders WHERE status IN ('filled', 'partially_filled');
    INSERT INTO cancellation_requests (order_id, order_version, lock_id, taker_id, taker_address, reason, status,
      resolved_by, message, requested_at, expires_at, resolved_at)
    SELECT id, 2, COALESCE(lock_id, gen_random_uuid()), locked_taker_id, locked_by, 'user_requested',
      CASE status WHEN 'locked' THEN 'requested' WHEN 'cancelled' THEN 'accepted' ELSE 'rejected' END,
      CASE WHEN status <> 'locked' THEN 'answer' END, CASE WHEN status <> 'locked' THEN 'an answer' END,
      locked_at, locked_at + interval '1 minute', CASE WHEN status <> 'locked' THEN locked_at + interval '5 seconds' END
    FROM orders WHERE locked_at IS NOT NULL AND (status IN ('locked', 'cancelled') OR nonce % 20 = 0)
      AND status <> 'suspended'`);
}
