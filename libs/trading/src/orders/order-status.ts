import { BrokenInvariantError } from '../trading-error.js';

export const ORDER_STATUSES = [
  'pending',
  'locked',
  'partially_filled',
  'filled',
  'cancelled',
  'expired',
  'rejected',
  'suspended',
] as const;

/** Where an order stands; see docs/order-lifecycle.md. */
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/**
 * The transition table: what may follow what. A status that nothing follows is final; one that is written by hand, and is not
 * in the table, leads nowhere.
 */
const FOLLOWERS: Partial<Record<string, readonly OrderStatus[]>> = {
  pending: ['locked', 'cancelled', 'expired', 'suspended'],
  // a taker extends its lock
  locked: [
    'locked',
    'pending',
    'cancelled',
    'expired',
    'partially_filled',
    'filled',
    'rejected',
    'suspended',
  ],
  suspended: ['locked', 'pending', 'cancelled'],
  partially_filled: [],
  filled: [],
  cancelled: [],
  expired: [],
  rejected: [],
} satisfies Record<OrderStatus, readonly OrderStatus[]>;

/** Whether an order may go from one status to the other; `null` is the order that does not exist yet. */
export function mayFollow(from: OrderStatus | null, to: OrderStatus): boolean {
  return from === null ? to === 'pending' : FOLLOWERS[from]?.includes(to) === true;
}

export function isFinal(status: OrderStatus): boolean {
  return FOLLOWERS[status]?.length === 0;
}

export function assertMayFollow(from: OrderStatus | null, to: OrderStatus): void {
  if (!mayFollow(from, to)) throw new BrokenInvariantError(`an order cannot go from ${from} to ${to}`);
}

/** What the rules of time ask of an order. */
interface Timed {
  /** Unix seconds. */
  deadline: number;
}

export function deadlinePassed({ deadline }: Timed, at: Date): boolean {
  return deadline * 1000 <= at.getTime();
}

/** What an order becomes when its lock is released, with or without an open cancellation request. */
export function statusAfterRelease(
  order: Timed,
  cancellationOpen: boolean,
  at: Date,
): 'pending' | 'cancelled' | 'expired' {
  if (deadlinePassed(order, at)) return 'expired';
  return cancellationOpen ? 'cancelled' : 'pending';
}
