import { BEFORE_ALL, eventId } from './event-id.js';
import type { OrderEvent } from './order-event.entity.js';

/** Where a reader stands: the last event that it has read. */
export interface EventCursor {
  /** Of that event. */
  id: string;
  created_at: Date;
}

/**
 * How far an event's time may lie before that of events with a lower number. The time is read once the order is locked, and
 * the number drawn as the event is written: they differ by the length of a transaction, which is capped, and by what
 * a clock is set back.
 */
const TIME_SLACK_MS = 3_600_000;
export const TIME_SLACK = `interval '${TIME_SLACK_MS} milliseconds'`;

/** The time before which no event past the cursor lies: it spares a reader the partitions of the days before. */
export function earliestPast(cursor: EventCursor): Date {
  return new Date(cursor.created_at.getTime() - TIME_SLACK_MS);
}

/** Before the first event. */
export const BEGINNING: EventCursor = { id: BEFORE_ALL, created_at: new Date(0) };

/** Of a reader that has read up to this event. */
export function cursorAt(event: OrderEvent): EventCursor {
  return { id: eventId(event), created_at: event.created_at };
}
