import type { CancellationRequest } from '../cancellations/cancellation-request.entity.js';
import { deadlinePassed, statusAfterRelease } from '../orders/order-status.js';
import type { Order } from '../orders/order.entity.js';

/** A change that time alone has made, to be written down. */
export type DueStep =
  | { kind: 'request_times_out' }
  | { kind: 'lock_runs_out'; to: 'pending' | 'cancelled' | 'expired' }
  | { kind: 'deadline_passes' };

type Timed = Pick<Order, 'status' | 'deadline' | 'lock_expires_at'>;
type TimedRequest = Pick<CancellationRequest, 'status' | 'expires_at'>;

/**
 * What is due on an order at `now`, in the order in which it fell due: each step is judged at its own time, so
 * that the outcome does not depend on when somebody looks. Suspended and final orders have nothing due.
 */
export function dueSteps(order: Timed, openRequest: TimedRequest | null, now: Date): DueStep[] {
  const steps: DueStep[] = [];
  let status = order.status;
  if (status === 'locked') {
    const lockEnd = order.lock_expires_at!;
    const lockOver = lockEnd <= now;
    if (openRequest?.status === 'requested') {
      const timesOut = openRequest.expires_at;
      if (timesOut <= now && timesOut < lockEnd) steps.push({ kind: 'request_times_out' });
    }
    if (lockOver) {
      status = statusAfterRelease(order, openRequest !== null, lockEnd);
      steps.push({ kind: 'lock_runs_out', to: status });
    }
  }
  if (status === 'pending' && deadlinePassed(order, now)) steps.push({ kind: 'deadline_passes' });
  return steps;
}
