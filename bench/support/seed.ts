import { availableParallelism } from 'node:os';
import type { DataSource, EntityManager } from 'typeorm';

/** The largest participants are far larger than the rest, as in life: squares of random() skew the draws. */
const MAKERS = 10_000;
const TICKERS = 500;
/** Orders a transaction: bounds its memory and temporary files. */
const BATCH = 250_000;

export interface Batch {
  /** Its orders' numbers: the first, and how many. An order's nonce is its number, its hash the number's SHA-256. */
  first: number;
  orders: number;
  /** Of all of them; else they are in every status, as after a year. */
  status?: 'pending' | 'locked';
}

/** SQL: the hash of the order of this number. */
export const hashOf = (number: string): string => `'0x' || encode(sha256((${number})::text::bytea), 'hex')`;

/** SQL: an id as rows get it that are made at that time. */
const idAt = (time: string): string => `uuidv7(${time} - clock_timestamp())`;

/** Takers of whom nobody has an API key. */
export async function seedTakers(dataSource: DataSource, takers: number): Promise<void> {
  await dataSource.query(`
    INSERT INTO takers (id, name) SELECT gen_random_uuid(), 'taker ' || n FROM generate_series(1, ${takers}) n;
    INSERT INTO taker_addresses (address, taker_id)
      SELECT '0x' || left(encode(sha256(name::bytea), 'hex'), 40), id FROM takers`);
}

/**
 * Fills empty tables with the orders from number 1 on, as after a year. Without the indexes, which are made at the end,
 * and on all cores, that takes a third of the time.
 */
export async function seedHistory(
  dataSource: DataSource,
  orders: number,
  onBatch: (seeded: number) => void = () => {},
): Promise<void> {
  const indexes = await dropIndexes(dataSource);
  const batches = batchesOf({ first: 1, orders });
  let seeded = 0;
  const lane = async (): Promise<void> => {
    for (let batch = batches.shift(); batch; batch = batches.shift()) {
      await insertBatch(dataSource, batch);
      onBatch((seeded += batch.orders));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  await dataSource.transaction(async (manager) => {
    await manager.query(`SET LOCAL maintenance_work_mem = '1GB'`);
    for (const index of indexes) await manager.query(index);
  });
}

/**
 * Adds orders of the takers that are there, with their fills, cancellation requests and events, as the service would have
 * written them: `npm run verify` finds nothing. A locked order has an open request, and nothing that is open becomes due
 * within a day.
 */
export async function seedOrders(dataSource: DataSource, batch: Batch): Promise<void> {
  for (const part of batchesOf(batch)) await insertBatch(dataSource, part);
}

function batchesOf({ first, orders, status }: Batch): Batch[] {
  return Array.from({ length: Math.ceil(orders / BATCH) }, (_, index) => ({
    first: first + index * BATCH,
    orders: Math.min(BATCH, orders - index * BATCH),
    status,
  }));
}

function insertBatch(dataSource: DataSource, batch: Batch): Promise<void> {
  return dataSource.transaction(async (manager) => {
    await drawLives(manager, batch);
    await insertOrders(manager);
    await insertFormerTakers(manager);
    await insertFillsAndRequests(manager);
    await insertEvents(manager);
  });
}

/** Drops the indexes that are no constraint's; returns the statements that make them again. */
async function dropIndexes(dataSource: DataSource): Promise<string[]> {
  const indexes = await dataSource.query<{ name: string; definition: string }[]>(`
    SELECT indexrelid::regclass AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
    WHERE indrelid IN ('orders'::regclass, 'fills'::regclass, 'cancellation_requests'::regclass, 'order_events'::regclass)
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`);
  for (const { name } of indexes) await dataSource.query(`DROP INDEX ${name}`);
  // of a partitioned table it says ON ONLY, which would leave its partitions without
  return indexes.map(({ definition }) => definition.replace(' ON ONLY ', ' ON '));
}

/** A row an order in a temporary table: what became of it, and when. */
async function drawLives(manager: EntityManager, { first, orders, status }: Batch): Promise<void> {
  const age = status ? '1 hour' : '365 days';
  await manager.query(`
    CREATE TEMPORARY TABLE lives ON COMMIT DROP AS
    WITH ranked AS (
      SELECT row_number() OVER (ORDER BY name) AS rank, id, address FROM takers JOIN taker_addresses ON taker_id = id
    ), drawn AS (
      SELECT n, floor(${MAKERS} * random() ^ 2) AS maker, random() AS fate, random() AS venue,
        1 + floor((SELECT count(*) FROM ranked) * random() ^ 2)::bigint AS taker,
        floor(${TICKERS} * random() ^ 2) AS ticker,
        clock_timestamp() - interval '5 minutes' - random() * interval '${age}' AS created_at
      FROM generate_series(${first}::bigint, ${first + orders - 1}::bigint) n
    ), fated AS (
      SELECT *, ${status ? `'${status}'` : fate} AS status FROM drawn
    ), dealt AS (
      SELECT n, status, venue, fated.ticker, created_at, ${idAt('created_at')} AS id, ${hashOf('n')} AS order_hash,
        '0x' || left(encode(sha256(maker::text::bytea), 'hex'), 40) AS maker, ranked.id AS taker_id,
        ranked.address AS taker, status <> 'pending' AS held, status IN ('locked', 'suspended') AS holds,
        status IN ('locked', 'cancelled')
          OR status NOT IN ('pending', 'suspended') AND n % 20 = 0 AS asked
      FROM fated JOIN ranked ON ranked.rank = fated.taker
    )
    SELECT *, asked AND status <> 'locked' AS answered, held AND status <> 'locked' AS ended,
      CASE WHEN asked THEN ${idAt("created_at + interval '70 s'")} END AS request_id, CASE WHEN held THEN gen_random_uuid() END AS lock_id,
      created_at + interval '60 s' AS locked_at, clock_timestamp() + (1 + random()) * interval '1 day' AS open_until,
      created_at + interval '70 s' AS asked_at, created_at + interval '75 s' AS answered_at,
      created_at + CASE WHEN NOT held THEN interval '0' WHEN status <> 'locked' THEN interval '75 s' ELSE interval '70 s' END
        AS changed_at,
      1 + held::int + asked::int + (asked AND status <> 'locked')::int + (held AND status <> 'locked')::int AS version
    FROM dealt`);
}

const fate = `CASE WHEN fate < 0.15 THEN 'pending' WHEN fate < 0.17 THEN 'locked' WHEN fate < 0.72 THEN 'filled'
  WHEN fate < 0.80 THEN 'partially_filled' WHEN fate < 0.92 THEN 'cancelled' WHEN fate < 0.97 THEN 'expired'
  WHEN fate < 0.999 THEN 'rejected' ELSE 'suspended' END`;

async function insertOrders(manager: EntityManager): Promise<void> {
  await manager.query(`
    INSERT INTO orders (id, order_hash, maker, principal, is_buy, ticker, exchange, asset, price, quantity, incentive,
      deadline, nonce, signature, status, filled_quantity, version, lock_id, locked_by, locked_taker_id, locked_at,
      lock_expires_at, created_at, updated_at)
    SELECT id, order_hash, maker, maker, n % 2 = 0, 'T' || ticker,
      CASE WHEN venue < 0.9 THEN 0 ELSE 1 + (venue * 1000)::integer % 10 END, '0x' || repeat('55', 20),
      (1 + floor(random() * 100000)) * 1e16, 100, 5e17, extract(epoch FROM clock_timestamp())::bigint + 31536000, n,
      '0x' || repeat('5c', 65), status,
      CASE status WHEN 'filled' THEN 100 WHEN 'partially_filled' THEN 1 + n % 99 ELSE 0 END, version,
      CASE WHEN holds THEN lock_id END, CASE WHEN held THEN taker END, CASE WHEN held THEN taker_id END,
      CASE WHEN held THEN locked_at END, CASE WHEN holds THEN open_until END, created_at, changed_at
    FROM lives`);
}

/** One order in twenty was held by another taker before. */
async function insertFormerTakers(manager: EntityManager): Promise<void> {
  await manager.query(`
    INSERT INTO former_takers (order_id, taker_id)
    SELECT lives.id, former.id
    FROM lives JOIN (SELECT id, row_number() OVER (ORDER BY name) AS rank, count(*) OVER () AS takers FROM takers) former
      ON former.rank = 1 + n / 20 % takers
    WHERE held AND n % 20 = 0 AND former.id <> lives.taker_id`);
}

async function insertFillsAndRequests(manager: EntityManager): Promise<void> {
  await manager.query(`
    INSERT INTO fills (id, order_id, taker_id, taker_address, fill_quantity, fill_amount, fee_amount, incentive_amount,
      taker_incentive, status, tx_hash, block_number, created_at)
    SELECT ${idAt('changed_at')}, o.id, taker_id, taker, filled_quantity, price * filled_quantity, 0, incentive, incentive, o.status,
      o.order_hash, nonce, changed_at
    FROM lives JOIN orders o ON o.id = lives.id WHERE o.status IN ('filled', 'partially_filled');
    INSERT INTO cancellation_requests (id, order_id, order_version, lock_id, taker_id, taker_address, reason, status,
      resolved_by, message, requested_at, expires_at, resolved_at)
    SELECT request_id, id, 3, lock_id, taker_id, taker, 'user_requested',
      CASE status WHEN 'locked' THEN 'requested' WHEN 'cancelled' THEN 'accepted' ELSE 'rejected' END,
      CASE WHEN answered THEN 'answer' END, CASE WHEN answered THEN 'an answer' END, asked_at,
      CASE WHEN answered THEN asked_at + interval '1 minute' ELSE open_until END, CASE WHEN answered THEN answered_at END
    FROM lives WHERE asked`);
}

/** One event a change, the last of them the order's version; their ids grow with the versions. */
async function insertEvents(manager: EntityManager): Promise<void> {
  await manager.query(`
    INSERT INTO order_events (order_id, version, type, from_status, to_status, request_id, order_hash, maker, taker_id,
      actor, payload, created_at)
    SELECT id, event.version, type, from_status, to_status, of_request, order_hash, maker, holder, actor, payload, at
    FROM lives,
      LATERAL (SELECT jsonb_build_object('kind', 'maker', 'wallet_address', maker) AS maker_actor,
        jsonb_build_object('kind', 'taker', 'taker_id', taker_id, 'key_id', 'seeded') AS taker_actor) actors,
      LATERAL (VALUES
        (true, 1, 'order_status_change', NULL, 'pending', NULL::uuid, NULL::uuid, maker_actor, '{}'::jsonb, created_at),
        (held, 2, 'order_status_change', 'pending', 'locked', NULL, taker_id, taker_actor, jsonb_build_object(
          'taker', taker, 'metadata', jsonb_build_object('expires_at', open_until, 'lock_id', lock_id)), locked_at),
        (asked, 3, 'cancellation_request', NULL, NULL, request_id, taker_id, maker_actor, jsonb_build_object(
          'reason', 'user_requested', 'expires_at', open_until), asked_at),
        (answered, 4, 'cancellation_update', NULL, NULL, request_id, taker_id, taker_actor, jsonb_build_object(
          'status', CASE status WHEN 'cancelled' THEN 'accepted' ELSE 'rejected' END, 'resolved_by', 'answer',
          'late', false, 'message', 'an answer'), answered_at),
        (ended, lives.version, 'order_status_change', 'locked', status, NULL, taker_id,
          CASE status WHEN 'expired' THEN '{"kind": "timer"}' WHEN 'suspended' THEN '{"kind": "operator", "user": "op"}'
            ELSE taker_actor END, jsonb_build_object('taker', taker, 'metadata', jsonb_build_object('lock_id', lock_id,
            'cause', CASE status WHEN 'expired' THEN 'lock_expiry' WHEN 'suspended' THEN 'suspend'
              WHEN 'cancelled' THEN 'cancellation_accepted' WHEN 'rejected' THEN 'reject' ELSE 'fill' END)), changed_at)
      ) event (happened, version, type, from_status, to_status, of_request, holder, actor, payload, at)
    WHERE happened ORDER BY n, event.version`);
}
