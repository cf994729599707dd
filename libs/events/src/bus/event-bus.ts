import { type Audience, type Circle, circlesOf } from '../audience/circles.js';
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
  if ('maker' in audience) return [subjectOf({ kind: 'maker', maker: audience.maker })];
  const own = subjectOf({ kind: 'holder', takerId: audience.takerId });
  if (audience.book) return [own, NEW_ORDERS, BOOK];
  return audience.newOrders ? [own, NEW_ORDERS] : [own];
}

/** The subjects under which an event goes out. A new order does so once: who keeps a book follows new orders too. */
export function subjectsOf(event: OrderEvent): string[] {
  const subjects = circlesOf(event).map(subjectOf);
  return subjects.includes(NEW_ORDERS) ? subjects.filter((subject) => subject !== BOOK) : subjects;
}

function subjectOf(circle: Circle): string {
  switch (circle.kind) {
    case 'maker':
      return `maker.${circle.maker}`;
    case 'holder':
      return `taker.${circle.takerId}`;
    case 'everyTaker':
      return NEW_ORDERS;
    case 'everyBook':
      return BOOK;
  }
}
