import type { Order } from './types.js';

/** A page that is open for days must not grow. */
export const KEPT_ORDERS = 200;

export const isFinal = ({ status }: Order): boolean => !['pending', 'locked', 'suspended'].includes(status);

/** Of an order that the taker once held and another holds now, the taker is not told by whom. */
export const isHeld = ({ status, locked_by }: Order): boolean => status === 'locked' && locked_by !== null;

/**
 * So many that can be had, and as many that are or were somebody's: neither kind pushes the other off the page. What is under
 * way is kept before what has ended, then the newest.
 */
export function bounded(orders: Map<string, Order>): Map<string, Order> {
  if (orders.size <= KEPT_ORDERS) return orders;
  const kept = [...orders].toSorted(
    ([, a], [, b]) =>
      Number(isFinal(a)) - Number(isFinal(b)) || Date.parse(b.created_at) - Date.parse(a.created_at),
  );
  const pending = kept.filter(([, { status }]) => status === 'pending');
  const others = kept.filter(([, { status }]) => status !== 'pending');
  return new Map([...pending.slice(0, KEPT_ORDERS), ...others.slice(0, KEPT_ORDERS)]);
}
