import { PreparedStatement, type Sendable } from '#database';
import type { OrderEvent } from './order-event.entity.js';

export type NewOrderEvent = Omit<OrderEvent, 'seq'>;

/** Whole batches at once: through the query builder it took longer to write the statement than to carry it out. */
const APPEND = new PreparedStatement(
  'append_events',
  `INSERT INTO order_events (order_id, version, type, from_status, to_status, request_id, order_hash, maker, taker_id,
    actor, payload, created_at)
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS e (order_id uuid, version integer, type text, from_status text,
    to_status text, request_id uuid, order_hash text, maker text, taker_id uuid, actor jsonb, payload jsonb,
    created_at timestamptz)`,
);

/** Writes events, in the transaction of their changes; they get their ids in the order given. */
export function appendEvents(events: NewOrderEvent[]): Sendable<never> {
  return APPEND.with(JSON.stringify(events));
}
