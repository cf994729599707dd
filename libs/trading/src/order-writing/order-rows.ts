import { columnsOf, insertStatement, PreparedStatement, type Sendable, type Transaction } from '#database';
import { In } from 'typeorm';
import { CancellationRequest, OPEN_STATUSES_SQL } from '../cancellations/cancellation-request.entity.js';
import { Fill } from '../fills/fill.entity.js';
import { type Changes, LockedOrder } from '../orders/locked-order.js';
import { isFinal } from '../orders/order-status.js';
import { Order, type OrderReference } from '../orders/order.entity.js';

/** What to do about a row that another transaction has locked. */
export type OnLocked = 'wait' | 'skip';

/** A request of a locked order, or none, with the database's clock. */
type RequestRow = CancellationRequest & { now: Date };

/**
 * Locks orders and reads all that belongs to them; those that it does not find, or skips, are left out.
 *
 * With several it never waits, so that it cannot deadlock.
 */
export async function lockOrders(
  database: Transaction,
  references: OrderReference[],
  onLocked: OnLocked,
): Promise<LockedOrder[]> {
  const ways = (['order_hash', 'id'] as const).flatMap((column) => {
    const values = references.flatMap((reference) => valueOf(reference, column) ?? []);
    // hashes and UUIDs need no quotes
    return values.length > 0 ? { column, values: `{${values.join(',')}}` } : [];
  });
  // the requests are read once the rows are locked, and so is the clock: the transaction may have waited for them
  const locks = ways.map(({ column, values }) => LOCK[column][onLocked].with(values));
  const reads = ways.map(({ column, values }) => READ_REQUESTS[column].with(values));
  const found: object[][] = await database.send([...locks, ...reads]);
  const rows = new Map((found.slice(0, ways.length).flat() as Order[]).map((row) => [row.id, row]));
  const read = found.slice(ways.length).flat() as RequestRow[];
  const requests = [...new Map(read.map((row) => [row.id, row])).values()];
  const last = read.at(-1);
  if (!last || rows.size === 0) return [];
  const orders = [...rows.values()].map(orderOf);
  const fills = await readFills(database, orders);
  return orders.map((order) => {
    const ofOrder = requests.filter(({ order_id }) => order_id === order.id);
    const fill = fills.find(({ order_id }) => order_id === order.id) ?? null;
    return new LockedOrder(order, ofOrder, fill, last.now);
  });
}

const lockStatement = (given: string, onLocked: OnLocked): PreparedStatement<Order> =>
  new PreparedStatement(
    `lock_orders_by_${given.split(' ')[0]}_${onLocked}`,
    `SELECT ${columnsOf(Order, 'o')} FROM orders o WHERE o.${given} FOR UPDATE ${onLocked === 'skip' ? 'SKIP LOCKED' : ''}`,
  );

const readStatement = (given: string): PreparedStatement<RequestRow> =>
  new PreparedStatement(
    `read_requests_by_${given.split(' ')[0]}`,
    `SELECT clock.*, ${columnsOf(CancellationRequest, 'r')}
       FROM (SELECT clock_timestamp()::timestamptz(3) AS now) clock
         LEFT JOIN (cancellation_requests r JOIN orders o ON o.id = r.order_id AND o.${given}) ON true`,
  );

const BY_HASH = 'order_hash = ANY($1::text[])';
const BY_ID = 'id = ANY($1::uuid[])';
const LOCK = {
  order_hash: { wait: lockStatement(BY_HASH, 'wait'), skip: lockStatement(BY_HASH, 'skip') },
  id: { wait: lockStatement(BY_ID, 'wait'), skip: lockStatement(BY_ID, 'skip') },
};
const READ_REQUESTS = { order_hash: readStatement(BY_HASH), id: readStatement(BY_ID) };

function valueOf(reference: OrderReference, column: 'id' | 'order_hash'): string | undefined {
  return (reference as Partial<Record<typeof column, string>>)[column];
}

async function readFills(database: Transaction, orders: Order[]): Promise<Fill[]> {
  const ended = orders.filter(({ status }) => isFinal(status));
  return ended.length === 0 ? [] : database.manager.findBy(Fill, { order_id: In(ended.map(({ id }) => id)) });
}

/** Its columns as the entity has them: PostgreSQL's bigint arrives as text. */
function orderOf(row: Order): Order {
  return { ...row, deadline: Number(row.deadline), nonce: Number(row.nonce) };
}

/** Write what was changed of several orders, except for the events, each row only as it was read: else they fail. */
export function statementsFor(changes: Changes[]): Sendable<never>[] {
  const requests = changes.flatMap(({ request }) => request ?? []);
  const isNew = requests.filter((request) => request.isNew).map(({ row }) => row);
  const fills = changes.flatMap(({ fill }) => fill ?? []);
  const isOld = requests.filter((request) => !request.isNew).map(({ row }) => row);
  return [
    ...(isNew.length > 0 ? [INSERT_REQUESTS.with(JSON.stringify(isNew))] : []),
    ...(fills.length > 0 ? [INSERT_FILLS.with(JSON.stringify(fills))] : []),
    update(changes, isOld),
  ];
}

/**
 * One statement for all rows: with one for each, through the query builder, an answer took 3 times as long. Of a request,
 * pushed_at is the push's to write, outside the order's lock; a push that was noted after this change had read the clock
 * went out before the change all the same.
 */
const WRITE = new PreparedStatement(
  'write_changes',
  `WITH changed_orders AS (
    UPDATE orders o SET
      status = c.status, version = c.version, updated_at = c.updated_at, filled_quantity = c.filled_quantity,
      notes = c.notes, lock_id = c.lock_id, locked_by = c.locked_by, locked_taker_id = c.locked_taker_id,
      locked_at = c.locked_at, lock_expires_at = c.lock_expires_at
    FROM jsonb_to_recordset($1::jsonb) AS c (
      id uuid, read_version integer, status text, version integer, updated_at timestamptz, filled_quantity numeric,
      notes text, lock_id uuid, locked_by text, locked_taker_id uuid, locked_at timestamptz, lock_expires_at timestamptz)
    WHERE o.id = c.id AND o.version = c.read_version
    RETURNING 1),
  changed_requests AS (
    UPDATE cancellation_requests r SET
      status = c.status, resolved_by = c.resolved_by, late = c.late, message = c.message, expires_at = c.expires_at,
      resolved_at = c.resolved_at, pushed_at = CASE WHEN r.pushed_at > c.resolved_at THEN c.resolved_at ELSE r.pushed_at END
    FROM jsonb_to_recordset($2::jsonb) AS c (
      id uuid, status text, resolved_by text, late boolean, message text, expires_at timestamptz, resolved_at timestamptz)
    WHERE r.id = c.id AND r.status IN (${OPEN_STATUSES_SQL})
    RETURNING 1)
  SELECT require_rows(what, changed, wanted) FROM (VALUES
    ('orders', (SELECT count(*) FROM changed_orders), jsonb_array_length($1)),
    ('open requests', (SELECT count(*) FROM changed_requests), jsonb_array_length($2))) AS c (what, changed, wanted)
  WHERE changed <> wanted`,
);
const INSERT_REQUESTS = insertStatement('cancellation_requests', CancellationRequest);
const INSERT_FILLS = insertStatement('fills', Fill);

function update(changes: Changes[], requests: CancellationRequest[]): Sendable<never> {
  const orders = changes.map(({ order, readVersion }) => ({
    id: order.id,
    status: order.status,
    version: order.version,
    read_version: readVersion,
    updated_at: order.updated_at,
    filled_quantity: order.filled_quantity,
    notes: order.notes,
    lock_id: order.lock_id,
    locked_by: order.locked_by,
    locked_taker_id: order.locked_taker_id,
    locked_at: order.locked_at,
    lock_expires_at: order.lock_expires_at,
  }));
  const answers = requests.map(({ id, status, resolved_by, late, message, expires_at, resolved_at }) => ({
    id,
    status,
    resolved_by,
    late,
    message,
    expires_at,
    resolved_at,
  }));
  return WRITE.with(JSON.stringify(orders), JSON.stringify(answers));
}
