import type { MigrationInterface, QueryRunner } from 'typeorm';
import { makeIndex } from './make-index.js';

/** Of a statement that makes trades wait while it waits itself. */
const LOCK_TIMEOUT = '2s';

type Index = readonly [name: string, definition: string];

/**
 * One index of a taker's orders, and one of its fills, that hold all columns by which their lists are filtered and sorted: a
 * list that has no order of its own in it reads the index through, and no rows.
 */
const LISTS: Index[] = [
  [
    'orders_by_taker',
    `orders (locked_taker_id, created_at, id) INCLUDE (status, ticker, exchange, is_buy, price, locked_at)
       WHERE locked_taker_id IS NOT NULL`,
  ],
  [
    'fills_by_taker',
    `fills (taker_id, created_at, id)
       INCLUDE (taker_address, status, fill_quantity, fill_amount, fee_amount, incentive_amount, block_number)`,
  ],
];
const OF_A_TAKER = 'WHERE locked_taker_id IS NOT NULL';
const LISTS_BEFORE: Index[] = [
  ['orders_of_taker', `orders (locked_taker_id, created_at, id) INCLUDE (exchange, is_buy) ${OF_A_TAKER}`],
  ['orders_of_taker_by_status', `orders (locked_taker_id, status, created_at, id) ${OF_A_TAKER}`],
  ['orders_of_taker_by_ticker', `orders (locked_taker_id, ticker, created_at, id) ${OF_A_TAKER}`],
  ['orders_of_taker_by_price', `orders (locked_taker_id, price, id) ${OF_A_TAKER}`],
  ['orders_of_taker_by_lock', `orders (locked_taker_id, locked_at, id) ${OF_A_TAKER}`],
  [
    'fills_of_taker',
    'fills (taker_id, created_at, id) INCLUDE (taker_address, status, fee_amount, incentive_amount, block_number)',
  ],
  ['fills_of_taker_by_quantity', 'fills (taker_id, fill_quantity, id)'],
  ['fills_of_taker_by_amount', 'fills (taker_id, fill_amount, id)'],
];

/** Each with the reason why nothing is lost. PostgreSQL parses their text anew for each statement that changes a row. */
const CHECKS: Record<'orders' | 'cancellation_requests' | 'order_events', Record<string, string>> = {
  orders: {
    // terms: checked as a call is read, and never changed
    orders_ticker_check: 'length(ticker) BETWEEN 1 AND 32',
    orders_exchange_check: 'exchange BETWEEN 0 AND 65535',
    orders_price_check: 'price > 0',
    orders_quantity_check: 'quantity > 0',
    orders_deadline_check: 'deadline > 0',
    orders_nonce_check: 'nonce >= 0',
    orders_signature_check: `length(signature) <= 8194 AND signature ~ '^0x[0-9a-f]*$'`,
    // the one table of transitions (invariant 3)
    orders_status_check: `status IN ('pending', 'locked', 'partially_filled', 'filled', 'cancelled', 'expired', 'rejected',
      'suspended')`,
    // counted by LockedOrder (2)
    orders_version_check: 'version >= 0',
    // bounded as a call is read
    orders_notes_check: 'length(notes) BETWEEN 1 AND 1000',
    // written by the verbs of LockedOrder (4, 21, 22)
    orders_check: 'filled_quantity <= quantity',
    orders_check1: 'lock_expires_at > locked_at',
    orders_lock_whole: `num_nonnulls(lock_id, lock_expires_at) IN (0, 2)
      AND num_nonnulls(locked_by, locked_taker_id, locked_at) IN (0, 3) AND (lock_id IS NULL OR locked_by IS NOT NULL)`,
    orders_lock_fits_status: `CASE status WHEN 'locked' THEN lock_id IS NOT NULL WHEN 'suspended' THEN true
      ELSE lock_id IS NULL END`,
    orders_filled_fits_status: `CASE status WHEN 'filled' THEN filled_quantity = quantity
      WHEN 'partially_filled' THEN filled_quantity > 0 AND filled_quantity < quantity ELSE filled_quantity = 0 END`,
  },
  cancellation_requests: {
    // bounded as a call is read
    cancellation_requests_reason_check: 'length(reason) BETWEEN 1 AND 1000',
    cancellation_requests_message_check: 'length(message) <= 1000',
    // written by the verbs of LockedOrder (8, 12, 23)
    cancellation_requests_status_check: `status IN ('requested', 'accepted', 'rejected', 'timed_out')`,
    cancellation_requests_resolved_by_check: `resolved_by IN ('answer', 'unlock', 'reject', 'fill', 'lock_expiry')`,
    cancellation_requests_check: 'expires_at > requested_at',
    cancellation_requests_resolved_whole: `(status IN ('accepted', 'rejected')) = (resolved_by IS NOT NULL)
      AND (resolved_by IS NULL) = (resolved_at IS NULL)`,
    cancellation_requests_message_of_answer: `(message IS NOT NULL) = (resolved_by IS NOT DISTINCT FROM 'answer')`,
    cancellation_requests_late_answer: `NOT late OR resolved_by = 'answer'`,
  },
  order_events: {
    // written by LockedOrder (2, 3, 8)
    order_events_version_check: 'version > 0',
    order_events_type_check: `type IN ('order_status_change', 'cancellation_request', 'cancellation_update')`,
    order_events_check: `(type = 'order_status_change') = (to_status IS NOT NULL)`,
    order_events_check1: `type = 'order_status_change' OR request_id IS NOT NULL`,
  },
};

/**
 * What a change of an order costs beside the change: fewer index entries and checks, and room for the new version of a row
 * on its page. Invariants are looked after by LockedOrder, and by the verify tool, which knows them by these numbers.
 *
 * The log's primary key began with the transaction's number, by which nobody reads any more; `seq` alone orders it. It can be
 * stopped at any point, and repeated.
 */
export class LeanHotTables1765000000000 implements MigrationInterface {
  name = 'LeanHotTables1765000000000';
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [table, checks] of Object.entries(CHECKS)) {
      const drops = Object.keys(checks).map((name) => `DROP CONSTRAINT IF EXISTS ${name}`);
      await quickly(runner, `ALTER TABLE ${table} ${drops.join(', ')}`);
    }
    await quickly(runner, 'ALTER TABLE order_events DROP CONSTRAINT IF EXISTS order_events_pkey');
    await quickly(runner, 'ALTER TABLE orders SET (fillfactor = 70)');
    await quickly(runner, 'ALTER TABLE cancellation_requests SET (fillfactor = 70)');
    await exchange(runner, LISTS, LISTS_BEFORE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await exchange(runner, LISTS_BEFORE, LISTS);
    for (const [table, checks] of Object.entries(CHECKS)) {
      const adds = Object.entries(checks).map(
        ([name, rule]) =>
          `DROP CONSTRAINT IF EXISTS ${name}, ADD CONSTRAINT ${name} CHECK (${rule}) NOT VALID`,
      );
      await quickly(runner, `ALTER TABLE ${table} ${adds.join(', ')}`);
    }
    await quickly(
      runner,
      `ALTER TABLE order_events DROP CONSTRAINT IF EXISTS order_events_pkey, ADD PRIMARY KEY (xid, seq, created_at)`,
    );
    await quickly(runner, 'ALTER TABLE orders RESET (fillfactor)');
    await quickly(runner, 'ALTER TABLE cancellation_requests RESET (fillfactor)');
  }
}

async function exchange(runner: QueryRunner, made: Index[], dropped: Index[]): Promise<void> {
  for (const [name, definition] of made) await makeIndex(runner, name, definition);
  for (const [name] of dropped) await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
}

/** One message to the server is one transaction. */
async function quickly(runner: QueryRunner, statements: string): Promise<void> {
  await runner.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'; ${statements}`);
}
