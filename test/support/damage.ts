import type { BusyRun } from './busy-run.js';

export const OF_ORDER = 'order_id = (SELECT id FROM orders WHERE order_hash = $1)';

/** What somebody, or a bug, could do to the rows of an order of a busy run. */
export interface Damage {
  what: string;
  breaks: number;
  on: keyof BusyRun;
  /** Statements that are given the order's hash; each is a transaction of its own. */
  by: string[];
}

/** Of orders, reported by their hash. */
export const ORDER_DAMAGE: Damage[] = [
  {
    breaks: 1,
    what: 'a final order goes on to another status',
    on: 'accepted',
    by: ["UPDATE orders SET status = 'expired' WHERE order_hash = $1"],
  },
  {
    breaks: 2,
    what: 'an event is missing',
    on: 'late',
    by: [`DELETE FROM order_events WHERE order_hash = $1 AND payload ->> 'status' = 'timed_out'`],
  },
  {
    breaks: 2,
    what: 'the order is ahead of its events',
    on: 'locked',
    by: ['UPDATE orders SET version = version + 1 WHERE order_hash = $1'],
  },
  {
    breaks: 2,
    what: 'ids do not grow with the versions',
    on: 'locked',
    by: [`UPDATE order_events SET seq = nextval('order_events_seq') WHERE order_hash = $1 AND version = 1`],
  },
  {
    breaks: 3,
    what: 'a transition that the table does not have',
    on: 'cancelled',
    by: [
      "UPDATE order_events SET to_status = 'rejected' WHERE order_hash = $1 AND to_status = 'cancelled'",
      "UPDATE orders SET status = 'rejected' WHERE order_hash = $1",
    ],
  },
  {
    breaks: 3,
    what: 'a transition by one who may not cause it',
    on: 'cancelled',
    by: [
      `UPDATE order_events SET actor = '{"kind":"timer"}' WHERE order_hash = $1 AND to_status = 'cancelled'`,
    ],
  },
  {
    breaks: 3,
    what: 'a transition that does not start where the one before ended',
    on: 'unlocked',
    by: [
      `UPDATE order_events SET from_status = 'suspended', actor = '{"kind":"operator"}'
       WHERE order_hash = $1 AND from_status = 'locked'`,
      `UPDATE order_events SET payload = payload #- '{metadata,cause}' WHERE order_hash = $1 AND from_status = 'suspended'`,
    ],
  },
  {
    breaks: 3,
    what: 'a status without a transition to it',
    on: 'pending',
    by: ["UPDATE orders SET status = 'suspended' WHERE order_hash = $1"],
  },
  {
    breaks: 4,
    what: 'a fill that the order does not know of',
    on: 'filled',
    by: [`UPDATE fills SET fill_quantity = fill_quantity + 1 WHERE ${OF_ORDER}`],
  },
  {
    breaks: 5,
    what: 'a fill of a cancelled order',
    on: 'accepted',
    by: [
      `INSERT INTO fills (order_id, taker_id, taker_address, fill_quantity, fill_amount, fee_amount, incentive_amount,
         taker_incentive, status, created_at)
       SELECT id, locked_taker_id, locked_by, 1, 1, 0, 0, 0, 'partially_filled', updated_at
       FROM orders WHERE order_hash = $1`,
      'UPDATE orders SET filled_quantity = 1 WHERE order_hash = $1',
    ],
  },
  {
    breaks: 6,
    what: 'a lock that came without a transition',
    on: 'locked',
    by: ['UPDATE orders SET lock_id = gen_random_uuid() WHERE order_hash = $1'],
  },
  {
    breaks: 6,
    what: 'a lock that is ended while another lives',
    on: 'unlocked',
    by: [
      `UPDATE order_events SET payload = jsonb_set(payload, '{metadata,lock_id}', '"another"')
       WHERE order_hash = $1 AND from_status = 'locked'`,
    ],
  },
  {
    breaks: 6,
    what: 'a lock that is "extended" to an earlier end',
    on: 'extended',
    by: [
      `UPDATE order_events SET payload = jsonb_set(payload, '{metadata,expires_at}', to_jsonb(created_at))
       WHERE order_hash = $1 AND from_status = 'locked'`,
    ],
  },
  {
    breaks: 7,
    what: 'a lock that another than its holder extended',
    on: 'extended',
    by: [
      `UPDATE order_events SET actor = jsonb_set(actor, '{taker_id}', '"another"')
       WHERE order_hash = $1 AND from_status = 'locked'`,
    ],
  },
  {
    breaks: 7,
    what: 'a lock that was extended after its end',
    on: 'extended',
    by: [
      `UPDATE order_events SET payload = jsonb_set(payload, '{metadata,expires_at}', to_jsonb(created_at))
       WHERE order_hash = $1 AND from_status = 'pending'`,
    ],
  },
  {
    breaks: 7,
    what: 'an unlock by another than the holder',
    on: 'unlocked',
    by: [
      `UPDATE order_events SET actor = jsonb_set(actor, '{taker_id}', '"another"')
       WHERE order_hash = $1 AND from_status = 'locked'`,
    ],
  },
  {
    breaks: 7,
    what: 'an answer by another than the holder',
    on: 'refused',
    by: [
      `UPDATE order_events SET actor = jsonb_set(actor, '{taker_id}', '"another"')
       WHERE order_hash = $1 AND payload ->> 'resolved_by' = 'answer'`,
    ],
  },
  {
    breaks: 7,
    what: 'an answer after the end of the lock',
    on: 'accepted',
    by: [
      `UPDATE order_events SET payload = jsonb_set(payload, '{metadata,expires_at}', to_jsonb(created_at))
       WHERE order_hash = $1 AND to_status = 'locked'`,
    ],
  },
  {
    breaks: 7,
    what: 'a fill in the name of another taker',
    on: 'filled',
    by: [
      `UPDATE fills SET taker_id = (SELECT id FROM takers WHERE id <> taker_id LIMIT 1) WHERE ${OF_ORDER}`,
    ],
  },
  {
    breaks: 9,
    what: 'an event that is written after its change',
    on: 'pending',
    by: [
      "UPDATE orders SET status = 'suspended', version = 2, updated_at = now() WHERE order_hash = $1",
      `INSERT INTO order_events (order_id, version, type, from_status, to_status, order_hash, maker, actor, payload, created_at)
       SELECT id, 2, 'order_status_change', 'pending', 'suspended', order_hash, maker, '{"kind":"operator"}', '{}',
         updated_at + interval '1 millisecond'
       FROM orders WHERE order_hash = $1`,
    ],
  },
  {
    breaks: 9,
    what: 'a change without an event of its own',
    on: 'locked',
    by: [
      "UPDATE orders SET notes = 'changed', updated_at = updated_at + interval '1 second' WHERE order_hash = $1",
    ],
  },
  {
    breaks: 21,
    what: 'a lock without an end',
    on: 'locked',
    by: ['UPDATE orders SET lock_expires_at = NULL WHERE order_hash = $1'],
  },
  {
    breaks: 21,
    what: 'a lock that ended before it began',
    on: 'locked',
    by: ['UPDATE orders SET lock_expires_at = locked_at WHERE order_hash = $1'],
  },
  {
    breaks: 21,
    what: 'a former holder without an address',
    on: 'unlocked',
    by: ['UPDATE orders SET locked_by = NULL WHERE order_hash = $1'],
  },
  {
    breaks: 22,
    what: 'a filled order of which something is left',
    on: 'filled',
    by: ['UPDATE orders SET quantity = quantity + 1 WHERE order_hash = $1'],
  },
];

/** Of cancellation requests, reported by the id of the order's latest. */
export const REQUEST_DAMAGE: Damage[] = [
  {
    breaks: 8,
    what: 'a verdict that its event does not tell',
    on: 'refused',
    by: [
      `UPDATE cancellation_requests SET message = 'in other words' WHERE ${OF_ORDER} AND order_version = (
            SELECT max(order_version) FROM cancellation_requests WHERE ${OF_ORDER})`,
    ],
  },
  {
    breaks: 8,
    what: 'an accepted request without a transition',
    on: 'refused',
    by: [
      `UPDATE order_events SET payload = jsonb_set(payload, '{status}', '"accepted"')
       WHERE order_hash = $1 AND version = (SELECT max(version) FROM order_events WHERE order_hash = $1)`,
      `UPDATE cancellation_requests SET status = 'accepted' WHERE ${OF_ORDER} AND order_version = (
            SELECT max(order_version) FROM cancellation_requests WHERE ${OF_ORDER})`,
    ],
  },
  {
    breaks: 11,
    what: 'a request that is open after its end',
    on: 'accepted',
    by: [
      `UPDATE cancellation_requests SET status = 'requested', resolved_by = NULL, resolved_at = NULL, message = NULL
       WHERE ${OF_ORDER}`,
    ],
  },
  {
    breaks: 11,
    what: 'a request that outlives its lock',
    on: 'asked',
    by: [`UPDATE cancellation_requests SET lock_id = gen_random_uuid() WHERE ${OF_ORDER}`],
  },
  {
    breaks: 12,
    what: 'a request that no timer ended',
    on: 'asked',
    by: [
      `UPDATE cancellation_requests SET requested_at = requested_at - interval '1 day', expires_at = now() - interval '2 minutes'
       WHERE ${OF_ORDER}`,
    ],
  },
  {
    breaks: 14,
    what: 'a push before the request was made',
    on: 'asked',
    by: [`UPDATE cancellation_requests SET pushed_at = requested_at - interval '1 second' WHERE ${OF_ORDER}`],
  },
  {
    breaks: 14,
    what: 'a push after its end',
    on: 'accepted',
    by: [`UPDATE cancellation_requests SET pushed_at = resolved_at + interval '1 second' WHERE ${OF_ORDER}`],
  },
  {
    breaks: 23,
    what: 'a status that there is not',
    on: 'asked',
    by: [`UPDATE cancellation_requests SET status = 'answered' WHERE ${OF_ORDER}`],
  },
  {
    breaks: 23,
    what: 'words of a request that nobody answered',
    on: 'asked',
    by: [`UPDATE cancellation_requests SET message = 'words' WHERE ${OF_ORDER}`],
  },
  {
    breaks: 23,
    what: 'an end before the beginning',
    on: 'accepted',
    by: [`UPDATE cancellation_requests SET expires_at = requested_at WHERE ${OF_ORDER}`],
  },
];
