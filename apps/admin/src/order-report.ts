import { eventId } from '#events';
import { earlierEventsDropped, type OrderHistory } from '#trading';

/** An order's full history as JSON, for programs. */
export function orderReport(history: OrderHistory) {
  const { order, requests, fill, events, takers } = history;
  const { lock_id, locked_by, locked_taker_id, locked_at, lock_expires_at, ...rest } = order;
  const taker_name = takers.find(({ id }) => id === locked_taker_id)?.name;
  const lock = {
    lock_id,
    locked_by,
    taker_id: locked_taker_id,
    taker_name,
    locked_at,
    expires_at: lock_expires_at,
  };
  return {
    order: rest,
    lock: lock_id && lock,
    cancellation_requests: requests.map(({ id, ...request }) => ({ request_id: id, ...request })),
    fill,
    earlier_events_dropped: earlierEventsDropped(history),
    events: events.map((event) => ({
      version: event.version,
      time: event.created_at,
      id: eventId(event),
      type: event.type,
      from_status: event.from_status,
      to_status: event.to_status,
      request_id: event.request_id,
      taker_id: event.taker_id,
      actor: event.actor,
      payload: event.payload,
    })),
  };
}
