import type { Order } from './types.js';

/** A page that is open for days must not grow. */
export const KEPT_ORDERS = 200;

export const isFinal = ({ status }: Order): boolean => !['pending', 'locked', 'suspended'].includes(status);

/** The newest, and whatever is still under way before what has ended. */
export function bounded(orders: Map<string, Order>): Map<string, Order> {
  if (orders.size <= KEPT_ORDERS) return orders;
  const rank = (order: Order): number => (order.status === 'locked' ? 2 : isFinal(order) ? 0 : 1);
  const kept = [...orders].toSorted(
    ([, a], [, b]) => rank(b) - rank(a) || Date.parse(b.created_at) - Date.parse(a.created_at),
  );
  return new Map(kept.slice(0, KEPT_ORDERS));
}
