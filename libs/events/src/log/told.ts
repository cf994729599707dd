import { eventId } from './event-id.js';
import type { Audience, TakerAudience } from './event-replay.js';
import {
  bookMessage,
  isBookChange,
  isForEveryTaker,
  makerMessage,
  type PushMessage,
  takerMessage,
} from './messages.js';
import type { OrderEvent } from './order-event.entity.js';

/** What a taker with these types is to be told of: by sockets and pages alike. */
export function takerAudience(takerId: string, types: ReadonlySet<string>): TakerAudience {
  return { takerId, newOrders: types.has('order_status_change'), book: types.has('order_book_change') };
}

/** Of an event, what the taker alone is told that holds the order at that change. */
export function messagesForHolder(event: OrderEvent): PushMessage[] {
  const message = isForEveryTaker(event) ? undefined : takerMessage(event);
  return message ? [message] : [];
}

/** Of an event, what every taker is told, whoever holds the order. */
export function messagesForEveryTaker(event: OrderEvent): PushMessage[] {
  const change = isForEveryTaker(event) ? [takerMessage(event)!] : [];
  return isBookChange(event) ? [...change, bookMessage(event)] : change;
}

/** All that somebody is told of an event, in the order of the messages' ids. */
export function messagesFor(audience: Audience, event: OrderEvent): PushMessage[] {
  if ('maker' in audience) return event.maker === audience.maker ? [makerMessage(event)] : [];
  const own = event.taker_id === audience.takerId ? messagesForHolder(event) : [];
  return [...own, ...messagesForEveryTaker(event)];
}

/** What is left of that for somebody who has heard the first message. */
export function messagesLeft(audience: Audience, event: OrderEvent): PushMessage[] {
  return messagesFor(audience, event).filter(({ id }) => id > eventId(event));
}
