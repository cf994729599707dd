import { OPEN_STATUSES_SQL } from '../cancellations/cancellation-request.entity.js';
import { type Invariant, ENDS_REQUEST, KEPT_SINCE } from './invariant.js';

/** How long the timers may be away, while workers start anew, before what they have not done counts as broken. */
const TIMER_GRACE = `interval '1 minute'`;

export const requestInvariants: Invariant[] = [
  {
    number: 8,
    sentence: 'each recorded verdict has exactly one event, and each accepted one exactly one transition',
    // the transition is the next event of the order, in the same transaction. Only a suspended order that is past
    // its deadline goes back to pending, from where the deadline takes it
    broken: `
      SELECT r.id::text AS subject
      FROM cancellation_requests r LEFT JOIN order_events e ON e.request_id = r.id AND ${ENDS_REQUEST}
      WHERE r.status IN ('accepted', 'rejected') AND r.resolved_at >= ${KEPT_SINCE}
      GROUP BY r.id
      HAVING count(e.seq) FILTER (WHERE e.payload ->> 'status' = r.status
          AND e.payload ->> 'resolved_by' = r.resolved_by AND (e.payload ->> 'late')::boolean = r.late
          AND e.payload ->> 'message' IS NOT DISTINCT FROM r.message) <> 1
        OR count(e.seq) <> 1
      UNION
      SELECT r.id::text
      FROM cancellation_requests r JOIN order_events e ON e.request_id = r.id AND ${ENDS_REQUEST}
        LEFT JOIN order_events t ON t.order_id = e.order_id AND t.version = e.version + 1 AND t.created_at = e.created_at
          AND (t.to_status IN ('cancelled', 'expired') OR t.to_status = 'rejected' AND r.resolved_by = 'reject'
            OR t.from_status = 'suspended' AND t.to_status = 'pending')
      WHERE r.status = 'accepted' AND t.seq IS NULL`,
  },
  {
    number: 10,
    sentence: 'at most one open request an order',
    broken: `
      SELECT o.order_hash AS subject
      FROM cancellation_requests r JOIN orders o ON o.id = r.order_id
      WHERE r.status IN (${OPEN_STATUSES_SQL})
      GROUP BY o.id HAVING count(*) > 1`,
  },
  {
    number: 11,
    sentence: 'each request ended once',
    // nothing of it comes after its end, an open one has not ended, and none outlives the lock it was made under
    broken: `
      SELECT r.id::text AS subject
      FROM cancellation_requests r JOIN (
        SELECT request_id, max(version) AS last, min(version) FILTER (WHERE ${ENDS_REQUEST}) AS ended
        FROM order_events WHERE request_id IS NOT NULL GROUP BY request_id
      ) history ON history.request_id = r.id
      WHERE history.last > history.ended OR history.ended IS NOT NULL AND r.status IN (${OPEN_STATUSES_SQL})
      UNION
      SELECT r.id::text
      FROM cancellation_requests r JOIN orders o ON o.id = r.order_id
      WHERE r.status IN (${OPEN_STATUSES_SQL}) AND r.lock_id IS DISTINCT FROM o.lock_id`,
  },
  {
    number: 12,
    sentence: 'none is `requested` past its expiry plus a grace of 1 minute',
    // a suspended order is frozen with its request
    broken: `
      SELECT r.id::text AS subject
      FROM cancellation_requests r JOIN orders o ON o.id = r.order_id
      WHERE r.status = 'requested' AND r.expires_at + ${TIMER_GRACE} < now() AND o.status <> 'suspended'`,
  },
  {
    number: 14,
    sentence: 'each pushed request has `pushed_at` within its life',
    // the column rounds to milliseconds, up as well
    broken: `
      SELECT id::text AS subject
      FROM cancellation_requests
      WHERE pushed_at < requested_at OR pushed_at > COALESCE(resolved_at, clock_timestamp() + interval '1 ms')`,
  },
  {
    number: 23,
    sentence: 'each request is open, or has an end that is whole',
    // only an answer has words, and only one can be late
    broken: `
      SELECT id::text AS subject
      FROM cancellation_requests
      WHERE CASE WHEN status IN ('accepted', 'rejected') THEN num_nonnulls(resolved_by, resolved_at) <> 2
          WHEN status IN (${OPEN_STATUSES_SQL}) THEN num_nonnulls(resolved_by, resolved_at) <> 0 ELSE true END
        OR resolved_by NOT IN ('answer', 'unlock', 'reject', 'fill', 'lock_expiry')
        OR (message IS NOT NULL) <> (resolved_by IS NOT DISTINCT FROM 'answer')
        OR late AND resolved_by IS DISTINCT FROM 'answer' OR expires_at <= requested_at`,
  },
];
