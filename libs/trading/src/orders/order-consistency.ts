import type { CancellationRequest } from '../cancellations/cancellation-request.entity.js';
import { BrokenInvariantError } from '../trading-error.js';
import type { Order } from './order.entity.js';

/**
 * Whether an order agrees with its lock and its open request. To go on from a contradiction would put an answer on the wrong
 * lock, so a person has to look first. Makers and takers read the message too (the order's notes): it names nobody and nothing
 * of theirs.
 */
export function assertConsistent(order: Order, openRequest: CancellationRequest | null): void {
  if (order.status !== 'suspended' && (order.lock_id !== null) !== (order.status === 'locked')) {
    throw new BrokenInvariantError(
      `the order is ${order.status} ${order.lock_id === null ? 'without' : 'with'} a lock`,
    );
  }
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
