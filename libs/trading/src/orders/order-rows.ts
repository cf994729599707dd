import { type EntityManager, In } from 'typeorm';
import { CancellationRequest, OPEN_STATUSES } from '../cancellation/cancellation-request.entity.js';
import { Fill } from '../fills/fill.entity.js';
import { BrokenInvariantError } from '../trading-error.js';
import { isFinal } from './order-status.js';
import { type Changes, OrderTransaction } from './order-transaction.js';
import { Order, type OrderReference } from './order.entity.js';

/** What to do about a row that another transaction has locked. */
export type OnLocked = 'wait' | 'skip';

/** A locked order, with which transaction changed it last. */
type OrderRow = Order & { changed_by: string };

/**
 * Locks orders and reads all that belongs to them; those that it does not find, or skips, are left out.
 *
 * With several it never waits, so that it cannot deadlock. It also leaves out each order that a transaction changed
 * which drew its number (xid) after this one: the ids of an order's events must grow with its changes. This one draws
 * its number with the first row that it locks; alone, that is the order itself.
 */
export async function lockOrders(
  manager: EntityManager,
  references: OrderReference[],
  onLocked: OnLocked,
): Promise<OrderTransaction[]> {
  const rows = await lockRows(manager, references, onLocked);
  if (rows.length === 0) return [];
  const { now, xid, requests } = await readRequests(manager, rows);
  const usable = onLocked === 'wait' ? rows : rows.filter((row) => isBefore(Number(row.changed_by), xid));
  const orders = usable.map(orderOf);
  const fills = await readFills(manager, orders);
  return orders.map((order) => {
    const ofOrder = requests.filter(({ order_id }) => order_id === order.id);
    const fill = fills.find(({ order_id }) => order_id === order.id) ?? null;
    return new OrderTransaction(order, ofOrder, fill, now);
  });
}

async function lockRows(
  manager: EntityManager,
  references: OrderReference[],
  onLocked: OnLocked,
): Promise<OrderRow[]> {
  const rows = new Map<string, OrderRow>();
  for (const [column, type] of [
    ['order_hash', 'text'],
    ['id', 'uuid'],
  ] as const) {
    const values = references.flatMap((reference) => valueOf(reference, column) ?? []);
    if (values.length === 0) continue;
    const found = await manager.query<OrderRow[]>(
      `SELECT *, xmin::text AS changed_by FROM orders WHERE ${column} = ANY($1::${type}[])
         FOR UPDATE ${onLocked === 'skip' ? 'SKIP LOCKED' : ''}`,
      [values],
    );
    for (const row of found) rows.set(row.id, row);
  }
  return [...rows.values()];
}

function valueOf(reference: OrderReference, column: 'id' | 'order_hash'): string | undefined {
  return (reference as Partial<Record<typeof column, string>>)[column];
}

/** The clock is read once the rows are locked: the transaction may have waited for them. */
async function readRequests(
  manager: EntityManager,
  rows: OrderRow[],
): Promise<{ now: Date; xid: bigint; requests: CancellationRequest[] }> {
  const found = await manager.query<(CancellationRequest & { at: Date; xid: string })[]>(
    `SELECT clock.*, r.* FROM (SELECT clock_timestamp()::timestamptz(3) AS at, pg_current_xact_id()::text AS xid) clock
       LEFT JOIN cancellation_requests r ON r.order_id = ANY($1::uuid[])`,
    [rows.map(({ id }) => id)],
  );
  const { at: now, xid } = found[0]!;
  const requests = found
    .filter(({ id }) => id !== null)
    .map((request) => Object.assign(new CancellationRequest(), request));
  return { now, xid: BigInt(xid), requests };
}

async function readFills(manager: EntityManager, orders: Order[]): Promise<Fill[]> {
  const ended = orders.filter(({ status }) => isFinal(status));
  return ended.length === 0 ? [] : manager.findBy(Fill, { order_id: In(ended.map(({ id }) => id)) });
}

/** Whether a row's xmin, which has the lower 32 bits of a transaction's number, is of an earlier one than this. */
function isBefore(xmin: number, xid: bigint): boolean {
  return ((Number(BigInt.asUintN(32, xid)) - xmin) | 0) > 0;
}

/** Its columns as the entity has them: PostgreSQL's bigint arrives as text. */
function orderOf(row: OrderRow): Order {
  return Object.assign(new Order(), row, { deadline: Number(row.deadline), nonce: Number(row.nonce) });
}

/** Writes what was changed of several orders, except for the events, each row only as it was read. */
export async function writeChanges(manager: EntityManager, changes: Changes[]): Promise<void> {
  const requests = changes.flatMap(({ request }) => request ?? []);
  const isNew = requests.filter((request) => request.isNew).map(({ row }) => row);
  const fills = changes.flatMap(({ fill }) => fill ?? []);
  if (isNew.length > 0) await manager.insert(CancellationRequest, isNew);
  if (fills.length > 0) await manager.insert(Fill, fills);
  await update(
    manager,
    changes,
    requests.filter((request) => !request.isNew).map(({ row }) => row),
  );
}

/**
 * One statement for all rows: with one for each, through the query builder, an answer took 3 times as long. Of a request,
 * pushed_at is the push's to write, outside the order's lock; a push that was noted after this change had read the clock
 * went out before the change all the same.
 */
const UPDATE = `
  WITH changed_orders AS (
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
    WHERE r.id = c.id AND r.status = ANY($3)
    RETURNING 1)
  SELECT (SELECT count(*)::integer FROM changed_orders) AS orders,
    (SELECT count(*)::integer FROM changed_requests) AS requests`;

async function update(
  manager: EntityManager,
  changes: Changes[],
  requests: CancellationRequest[],
): Promise<void> {
  const orders = changes.map(({ order, readVersion }) => ({
    ...pick(order, ORDER_COLUMNS),
    read_version: readVersion,
  }));
  const [written] = await manager.query<[{ orders: number; requests: number }]>(UPDATE, [
    JSON.stringify(orders),
    JSON.stringify(requests.map((request) => pick(request, REQUEST_COLUMNS))),
    OPEN_STATUSES,
  ]);
  if (written.orders !== orders.length || written.requests !== requests.length) {
    const ids = orders.map(({ id }) => id).join(', ');
    throw new BrokenInvariantError(`orders ${ids}: an order or its open request was not as it had been read`);
  }
}

const ORDER_COLUMNS = [
  'id',
  'status',
  'version',
  'updated_at',
  'filled_quantity',
  'notes',
  'lock_id',
  'locked_by',
  'locked_taker_id',
  'locked_at',
  'lock_expires_at',
] as const satisfies (keyof Order)[];

const REQUEST_COLUMNS = [
  'id',
  'status',
  'resolved_by',
  'late',
  'message',
  'expires_at',
  'resolved_at',
] as const satisfies (keyof CancellationRequest)[];

function pick<T extends object, K extends keyof T>(row: T, columns: readonly K[]): Pick<T, K> {
  return Object.fromEntries(columns.map((column) => [column, row[column]])) as Pick<T, K>;
}
