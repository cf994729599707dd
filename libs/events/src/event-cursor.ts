import type { OrderEvent } from './order-event.entity.js';

/** Where a reader stands: the last event that it has read, or what stands in for one. */
export type EventCursor = Pick<OrderEvent, 'xid' | 'seq' | 'created_at'>;

/**
 * How far an event's time may lie before that of events with a lower position. Positions are drawn when transactions
 * begin to write, times are read a little later: they differ by the length of a transaction, which is capped, and by what
 * a clock is set back.
 */
const TIME_SLACK_MS = 3_600_000;
export const TIME_SLACK = `interval '${TIME_SLACK_MS} milliseconds'`;

/** The time before which no event past the cursor lies: it spares a reader the partitions of the days before. */
export function earliestPast(cursor: EventCursor): Date {
  return new Date(cursor.created_at.getTime() - TIME_SLACK_MS);
}
