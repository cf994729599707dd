import type { CancellationRequest } from '../cancellations/cancellation-request.entity.js';
import { BrokenInvariantError } from '../trading-error.js';
import { isFinal, ORDER_STATUSES } from './order-status.js';
import type { Order } from './order.entity.js';

/**
 * Whether an order agrees with itself, its lock and its open request; the tables do not hold it to that. To go on from a
 * contradiction would put an answer on the wrong lock, so a person has to look first. Makers and takers read the message too
 * (the order's notes): it names nobody and nothing of theirs.
 */
export function assertConsistent(order: Order, openRequest: CancellationRequest | null): void {
  if (!ORDER_STATUSES.includes(order.status))
    throw new BrokenInvariantError('the order has a status that does not exist');
  if (order.status !== 'suspended' && (order.lock_id !== null) !== (order.status === 'locked')) {
    throw new BrokenInvariantError(
      `the order is ${order.status} ${order.lock_id === null ? 'without' : 'with'} a lock`,
    );
  }
  if (!isFinal(order.status)) assertWhole(order);
  if (!openRequest) return;
  const { id, lock_id, taker_id, taker_address, order_version } = openRequest;
  if (lock_id !== order.lock_id) {
    throw new BrokenInvariantError(
      `the open cancellation request ${id} was made under another lock than the order's`,
    );
  }
  if (taker_id !== order.locked_taker_id || taker_address !== order.locked_by) {
    throw new BrokenInvariantError(
      `the open cancellation request ${id} is to another taker than holds the order`,
    );
  }
  if (order_version > order.version) {
    throw new BrokenInvariantError(
      `the open cancellation request ${id} is of version ${order_version}, but the order is at ${order.version}`,
    );
  }
}

/** Of a lock that ended, the order keeps who held it. */
function assertWhole(order: Order): void {
  const { lock_id, lock_expires_at, locked_by, locked_taker_id, locked_at } = order;
  const isWhole =
    isAllOrNothing(lock_id, lock_expires_at) && isAllOrNothing(locked_by, locked_taker_id, locked_at);
  if (!isWhole || (lock_id !== null && (locked_at === null || lock_expires_at! <= locked_at))) {
    throw new BrokenInvariantError("the order's lock is not whole, or ends before it began");
  }
  if (order.filled_quantity !== '0') {
    throw new BrokenInvariantError(`the order is ${order.status}, but filled already`);
  }
}

const isAllOrNothing = (...values: unknown[]): boolean =>
  values.every((value) => value === null) || values.every((value) => value !== null);
