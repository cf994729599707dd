import type { Audience } from '../log/event-replay.js';
import { isBookChange, isForEveryTaker } from '../log/messages.js';
import type { OrderEvent } from '../log/order-event.entity.js';

/** All events of a stretch of the log that concern somebody: after `from`, up to and with `to`. */
export interface EventBatch {
  /** Ids, or what stands in for one. */
  from: string;
  to: string;
  /** When the last one was made. */
  created_at: Date;
  events: OrderEvent[];
}

/** Who is woken and fed by a bus: the tail. */
export interface BusReceiver {
  /** There are events to read. */
  wake(): void;
  /** All events of a stretch that concern those who are followed. */
  offer(batch: EventBatch): void;
}

/**
 * How processes tell each other of events. It only carries: the truth is in PostgreSQL, which every tail also reads by
 * itself, so that a message that is late or lost costs time, never an event.
 */
export abstract class EventBus {
  /** Whether it can carry anything at the moment. */
  abstract readonly isConnected: boolean;

  /** To be called before the application starts: this receiver is woken and fed. */
  abstract bringTo(receiver: BusReceiver): void;

  /** What the receiver has read in the database, for others. */
  publish(_batch: EventBatch): void {}

  /** Somebody listens on this instance whom these events concern, and does so no more. */
  follow(_audience: Audience): void {}
  unfollow(_audience: Audience): void {}
}

const NEW_ORDERS = 'new-orders';
/** What else changes the book of pending orders. */
const BOOK = 'book';

/** The subjects that an audience has to follow to hear of everything that concerns it. */
export function subjectsFor(audience: Audience): string[] {
  if ('maker' in audience) return [`maker.${audience.maker}`];
  const own = `taker.${audience.takerId}`;
  if (audience.book) return [own, NEW_ORDERS, BOOK];
  return audience.newOrders ? [own, NEW_ORDERS] : [own];
}

/** The subjects under which an event goes out. */
export function subjectsOf(event: OrderEvent): string[] {
  const subjects = [`maker.${event.maker}`];
  if (event.taker_id !== null) subjects.push(`taker.${event.taker_id}`);
  if (isForEveryTaker(event)) subjects.push(NEW_ORDERS);
  else if (isBookChange(event)) subjects.push(BOOK);
  return subjects;
}
