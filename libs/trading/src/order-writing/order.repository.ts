import {
  columnsOf,
  insertStatement,
  pick,
  PreparedStatement,
  requireRows,
  type Sendable,
  Transaction,
  typedColumnsOf,
} from '#database';
import { Repository } from 'typeorm';
import type { Changes } from '../orders/locked-order.js';
import { Order, type OrderReference } from '../orders/order.entity.js';

/** What becomes of an order; its terms never change. */
const CHANGING = [
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
const WRITTEN = ['id', ...CHANGING] as const;

/** SQL: the orders that `referencesOf` names. */
export const REFERRED = '(o.order_hash = ANY ($1::text[]) OR o.id = ANY ($2::uuid[]))';

const LOCK_TEXT = `SELECT ${columnsOf(Order, 'o')} FROM orders o WHERE ${REFERRED} FOR UPDATE`;
const LOCK = new PreparedStatement<Order>('lock_orders', LOCK_TEXT);
const LOCK_FREE = new PreparedStatement<Order>('lock_free_orders', `${LOCK_TEXT} SKIP LOCKED`);
const INSERT = insertStatement(Order);
const UPDATE = new PreparedStatement(
  'update_orders',
  `WITH changed AS (
    UPDATE orders o SET ${CHANGING.map((column) => `${column} = given.${column}`).join(', ')}
    FROM jsonb_to_recordset($1::jsonb) AS given (read_version integer, ${typedColumnsOf(Order, WRITTEN)})
    WHERE o.id = given.id AND o.version = given.read_version
    RETURNING 1)
  ${requireRows('orders')}`,
);

/**
 * Orders with something due; by the partial indexes, so that idle ticks cost next to nothing. The clock is read in
 * sub-selects, because an index cannot look for a value that may change from row to row.
 */
const DUE_ORDERS = `
  (SELECT id FROM orders
    WHERE status = 'locked' AND lock_expires_at <= (SELECT clock_timestamp()) LIMIT $1)
  UNION
  (SELECT id FROM orders
    WHERE status = 'pending' AND deadline <= (SELECT floor(extract(epoch FROM clock_timestamp()))::bigint) LIMIT $1)
  UNION
  (SELECT o.id FROM cancellation_requests r JOIN orders o ON o.id = r.order_id
    WHERE r.status = 'requested' AND r.expires_at <= (SELECT clock_timestamp()) AND o.status = 'locked' LIMIT $1)`;

/** What a maker has: its open orders, and those that it placed within a minute, each counted up to a bound. */
export interface MakerLoad {
  open: number;
  recent: number;
  /** Seconds until the first of the recent ones is a minute old. */
  seconds: number;
}

const LOCKS = new PreparedStatement<{ locks: number }>(
  'count_locks',
  `SELECT count(*)::integer AS locks
     FROM (SELECT FROM orders WHERE locked_taker_id = $1::uuid AND status = 'locked' LIMIT $2::integer) o`,
);
const OF_MAKER = new PreparedStatement<MakerLoad>(
  'count_orders',
  `SELECT o.open, r.recent, r.seconds
     FROM (SELECT count(*)::integer AS open FROM (
         SELECT FROM orders WHERE maker = $1 AND status IN ('pending', 'locked', 'suspended') LIMIT $2::integer) o) o,
       (SELECT count(*)::integer AS recent,
         greatest(ceil(60 - extract(epoch FROM clock_timestamp() - min(created_at))), 1)::integer AS seconds
         FROM (SELECT created_at FROM orders WHERE maker = $1 AND created_at > clock_timestamp() - interval '1 minute'
           ORDER BY created_at DESC LIMIT $3::integer) o) r`,
);

/** The rows of orders. */
export class OrderRepository extends Repository<Order> {
  /**
   * Locks and reads orders; without `mayWait` those whose rows another transaction has locked are left out. Only one order
   * may be waited for: who waits for several could deadlock.
   */
  lock(references: OrderReference[], mayWait: boolean): Sendable<Order> {
    return (mayWait ? LOCK : LOCK_FREE).with(...referencesOf(references));
  }

  add(order: Order): Sendable<never> {
    return INSERT.with(JSON.stringify([order]));
  }

  /** Fails unless each row is at the version that was read of it. */
  write(changes: Changes[]): Sendable<never> {
    const rows = changes.map(({ order, readVersion }) => ({
      read_version: readVersion,
      ...pick(order, WRITTEN),
    }));
    return UPDATE.with(JSON.stringify(rows));
  }

  /** The ids of orders with something due; up to `limit` of each kind. */
  async due(limit: number): Promise<string[]> {
    const rows = await this.query<{ id: string }[]>(DUE_ORDERS, [limit]);
    return rows.map(({ id }) => id);
  }

  /** How many orders a taker holds, counted up to a bound. */
  async countLocks(takerId: string, max: number): Promise<number> {
    const [row] = await Transaction.read(this.manager.dataSource, LOCKS.with(takerId, String(max)));
    return row!.locks;
  }

  async loadOf(maker: string, maxOpen: number, maxRecent: number): Promise<MakerLoad> {
    const statement = OF_MAKER.with(maker, String(maxOpen), String(maxRecent));
    const [row] = await Transaction.read(this.manager.dataSource, statement);
    return row!;
  }
}

/** The parameters of `REFERRED`; hashes and UUIDs need no quotes in an array. */
export function referencesOf(references: OrderReference[]): [hashes: string, ids: string] {
  const hashes = references.flatMap((reference) => ('order_hash' in reference ? reference.order_hash : []));
  const ids = references.flatMap((reference) => ('id' in reference ? reference.id : []));
  return [`{${hashes.join(',')}}`, `{${ids.join(',')}}`];
}
