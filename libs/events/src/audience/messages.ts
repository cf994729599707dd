import { eventId, idOfNoEvent, secondId } from '../log/event-id.js';
import type { OrderEvent, OrderEventPayload } from '../log/order-event.entity.js';
import { type Audience, belongsTo, type Circle, circlesOf } from './circles.js';

/** What a socket's subscriber can ask for in `types`, by who it is. */
export const TAKER_MESSAGE_TYPES = [
  'order_status_change',
  'cancellation_request',
  'order_book_change',
] as const;
export const MAKER_MESSAGE_TYPES = ['order_status_change', 'cancellation_update'] as const;

/** A message of the push: the frame's JSON. */
export interface PushMessage {
  type: (typeof TAKER_MESSAGE_TYPES)[number] | (typeof MAKER_MESSAGE_TYPES)[number];
  id: string;
  timestamp: string;
  data: Record<string, unknown>;
}

/** Comes first when `after` names no event of this history, or not all that followed it is kept. */
export interface ResyncMessage {
  type: 'resync';
  id: string;
  timestamp: string;
  data: { after: string; kept_since: string | null };
}

/** What a circle is told of an event that concerns it, or nothing. */
export function messageFor(circle: Circle, event: OrderEvent): PushMessage | undefined {
  switch (circle.kind) {
    case 'maker':
      return makerMessage(event);
    case 'holder':
    case 'everyTaker':
      return takerMessage(event);
    case 'everyBook':
      return bookMessage(event);
  }
}

/** All that somebody is told of an event, in the order of the messages' ids. */
export function messagesFor(audience: Audience, event: OrderEvent): PushMessage[] {
  const circles = circlesOf(event).filter((circle) => belongsTo(audience, circle));
  return circles.flatMap((circle) => messageFor(circle, event) ?? []);
}

/** What is left of that for somebody who has heard the first message. */
export function messagesLeft(audience: Audience, event: OrderEvent): PushMessage[] {
  return messagesFor(audience, event).filter(({ id }) => id > eventId(event));
}

/** The book's change, without who made it. */
function bookMessage(event: OrderEvent): PushMessage {
  const { order_hash, maker, from_status, to_status } = event;
  const change = message(event, 'order_book_change', { order_hash, maker, from_status, to_status });
  return { ...change, id: secondId(change.id) };
}

/** The message of an open request, put to its taker once more. */
export function redelivery(request: OrderEvent): PushMessage {
  return takerMessage(request, true)!;
}

function takerMessage(event: OrderEvent, redelivered = false): PushMessage | undefined {
  switch (event.type) {
    case 'order_status_change':
      return message(event, 'order_status_change', statusChange(event));
    case 'cancellation_request':
      return message(event, 'cancellation_request', {
        order_hash: event.order_hash,
        maker: event.maker,
        reason: event.payload.reason,
        metadata: {
          request_id: event.request_id,
          taker_address: event.payload.taker,
          expires_at: event.payload.expires_at,
          on_timeout: 'keep_locked',
          redelivered,
        },
      });
    case 'cancellation_update':
      return undefined;
  }
}

/**
 * Tells that events after `after` were missed and are not replayed. Its id is no event's, so that who goes on after it gets
 * resync once more, and another each time, so that nobody takes it for one seen.
 */
export function resyncMessage(after: string, keptSince: Date | null, now: Date): ResyncMessage {
  return {
    type: 'resync',
    id: idOfNoEvent(now),
    timestamp: now.toISOString(),
    data: { after, kept_since: keptSince?.toISOString() ?? null },
  };
}

function makerMessage(event: OrderEvent): PushMessage {
  if (event.type === 'order_status_change') return message(event, 'order_status_change', statusChange(event));
  const { status = 'requested', resolved_by = null, late = false, message: text = null } = event.payload;
  return message(event, 'cancellation_update', {
    order_hash: event.order_hash,
    order_id: event.order_id,
    request_id: event.request_id,
    status,
    resolved_by,
    late,
    message: text,
  });
}

function statusChange(event: OrderEvent): Record<string, unknown> {
  return {
    order_hash: event.order_hash,
    maker: event.maker,
    taker: event.payload.taker ?? null,
    from_status: event.from_status,
    to_status: event.to_status,
    metadata: metadataOf(event.payload),
  };
}

/** Takers look for their address and the transaction here, too. */
function metadataOf({ taker, metadata = {} }: OrderEventPayload): object {
  return {
    ...metadata,
    ...(taker && { taker_address: taker }),
    ...('tx_hash' in metadata && { blockchain_tx_hash: metadata.tx_hash }),
  };
}

function message(event: OrderEvent, type: PushMessage['type'], data: Record<string, unknown>): PushMessage {
  return { type, id: eventId(event), timestamp: event.created_at.toISOString(), data };
}
