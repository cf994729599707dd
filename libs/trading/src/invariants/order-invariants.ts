import { ENDS_REQUEST, FINAL, type Invariant, KEPT_SINCE, OPEN } from './invariant.js';

/**
 * The contract's table of transitions, with who may cause each. Written out: a table made from the one that the service
 * decides by would find every transition right that the service makes.
 */
const ALLOWED = `(VALUES
  (NULL,        'pending',          ARRAY['maker']),
  ('pending',   'locked',           ARRAY['taker']),
  ('pending',   'cancelled',        ARRAY['maker']),
  ('pending',   'expired',          ARRAY['timer']),
  ('locked',    'locked',           ARRAY['taker']),
  ('locked',    'pending',          ARRAY['taker', 'timer']),
  ('locked',    'cancelled',        ARRAY['taker', 'timer']),
  ('locked',    'expired',          ARRAY['taker', 'timer']),
  ('locked',    'partially_filled', ARRAY['taker']),
  ('locked',    'filled',           ARRAY['taker']),
  ('locked',    'rejected',         ARRAY['taker']),
  ('pending',   'suspended',        ARRAY['operator', 'service']),
  ('locked',    'suspended',        ARRAY['operator', 'service']),
  ('suspended', 'locked',           ARRAY['operator']),
  ('suspended', 'pending',          ARRAY['operator']),
  ('suspended', 'cancelled',        ARRAY['operator'])
) AS allowed (from_status, to_status, by)`;

export const orderInvariants: Invariant[] = [
  {
    number: 1,
    sentence: 'final orders never change',
    broken: `
      SELECT o.order_hash AS subject
      FROM orders o JOIN (
        SELECT order_id, max(version) AS last,
          min(version) FILTER (WHERE to_status IN ${FINAL}) AS ended,
          min(to_status) FILTER (WHERE to_status IN ${FINAL}) AS final_status
        FROM order_events GROUP BY order_id
      ) history ON history.order_id = o.id
      WHERE history.last > history.ended OR o.status <> history.final_status`,
  },
  {
    number: 2,
    sentence: "versions of an order's events are dense from 1 and the last equals the order",
    // the ids by which clients order events must follow the versions, too
    broken: `
      SELECT o.order_hash AS subject
      FROM orders o LEFT JOIN (
        SELECT order_id, count(*) AS events, min(version) AS first, max(version) AS last,
          bool_or(seq < seq_before) AS disordered
        FROM (
          SELECT order_id, version, seq, lag(seq) OVER changes AS seq_before
          FROM order_events WINDOW changes AS (PARTITION BY order_id ORDER BY version)
        ) events
        GROUP BY order_id
      ) history ON history.order_id = o.id
      WHERE CASE WHEN history.order_id IS NULL THEN o.created_at >= ${KEPT_SINCE}
        ELSE history.last <> o.version OR history.events <> history.last - history.first + 1
          OR history.first <> 1 AND o.created_at >= ${KEPT_SINCE} OR history.disordered END`,
  },
  {
    number: 3,
    sentence: 'every transition is allowed',
    // and goes on from where the one before ended, up to the order as it is; 1 looks after final orders
    broken: `
      SELECT o.order_hash AS subject
      FROM orders o JOIN (
        SELECT order_id, version, from_status, to_status, actor ->> 'kind' AS by,
          lag(to_status) OVER transitions AS status_before, lag(version) OVER transitions AS version_before,
          lead(version) OVER transitions AS version_after
        FROM order_events WHERE type = 'order_status_change'
        WINDOW transitions AS (PARTITION BY order_id ORDER BY version)
      ) t ON t.order_id = o.id
      WHERE NOT EXISTS (
          SELECT FROM ${ALLOWED}
          WHERE allowed.from_status IS NOT DISTINCT FROM t.from_status AND allowed.to_status = t.to_status
            AND t.by = ANY (allowed.by))
        OR (t.from_status IS NULL) <> (t.version = 1)
        OR t.version_before IS NOT NULL AND t.from_status IS DISTINCT FROM t.status_before
        OR t.version_after IS NULL AND t.to_status <> o.status AND t.to_status NOT IN ${FINAL}`,
  },
  {
    number: 4,
    sentence: '0 ≤ sum of fills ≤ quantity, and equals filled_quantity',
    broken: `
      SELECT o.order_hash AS subject
      FROM orders o LEFT JOIN (SELECT order_id, sum(fill_quantity) AS filled FROM fills GROUP BY order_id) f
        ON f.order_id = o.id
      WHERE COALESCE(f.filled, 0) NOT BETWEEN 0 AND o.quantity OR COALESCE(f.filled, 0) <> o.filled_quantity`,
  },
  {
    number: 5,
    sentence: 'no fill after the cancellation of its order',
    // nor before it: every fill is final, so that an order cannot have both
    broken: `
      SELECT o.order_hash AS subject
      FROM fills f JOIN orders o ON o.id = f.order_id
      WHERE o.status = 'cancelled'
      UNION
      SELECT e.order_hash FROM fills f JOIN order_events e ON e.order_id = f.order_id AND e.to_status = 'cancelled'
      UNION
      SELECT o.order_hash
      FROM fills f JOIN cancellation_requests r ON r.order_id = f.order_id AND r.status = 'accepted'
        JOIN orders o ON o.id = f.order_id`,
  },
  {
    number: 6,
    sentence: 'at most one live lock an order',
    // a held order leaves its lock, or is suspended and resumed with it, before it can get another; its lock is only ever
    // extended; and the row has the lock of its last transition
    broken: `
      SELECT o.order_hash AS subject
      FROM orders o JOIN (
        SELECT order_id, from_status, to_status, lock_id, ends, lag(ends) OVER transitions AS ended_before,
          lag(lock_id) OVER transitions AS lock_before, lag(order_id) OVER transitions IS NOT NULL AS has_before,
          lead(order_id) OVER transitions IS NULL AS is_last
        FROM (
          SELECT order_id, version, from_status, to_status, payload #>> '{metadata,lock_id}' AS lock_id,
            (payload #>> '{metadata,expires_at}')::timestamptz AS ends
          FROM order_events WHERE type = 'order_status_change'
        ) changes
        WINDOW transitions AS (PARTITION BY order_id ORDER BY version)
      ) t ON t.order_id = o.id
      WHERE t.to_status = 'locked' AND t.lock_id IS NULL
        OR t.from_status = 'pending' AND t.lock_id = t.lock_before
        OR t.from_status = 'locked' AND t.to_status = 'locked' AND t.ends <= t.ended_before
        OR t.from_status IN ('locked', 'suspended') AND t.has_before AND t.lock_id IS DISTINCT FROM t.lock_before
        OR t.is_last
          AND o.lock_id::text IS DISTINCT FROM CASE WHEN t.to_status IN ('locked', 'suspended') THEN t.lock_id END`,
  },
  {
    number: 7,
    sentence: 'fill, unlock, reject, answer only by the holder at that moment',
    // whoever the last transition before left the order locked by, until that lock's end
    broken: `
      SELECT act.order_hash AS subject
      FROM (
        SELECT order_id, order_hash, from_status, to_status, created_at, actor ->> 'kind' AS by, actor ->> 'taker_id' AS taker,
          COALESCE(payload #>> '{metadata,cause}', payload ->> 'resolved_by') AS cause,
          max(version) FILTER (WHERE to_status IS NOT NULL) OVER before AS version_before
        FROM order_events
        WINDOW before AS (PARTITION BY order_id ORDER BY version ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
      ) act JOIN order_events held ON held.order_id = act.order_id AND held.version = act.version_before
      WHERE (act.by = 'taker' OR act.cause IN ('fill', 'unlock', 'reject', 'answer', 'cancellation_accepted'))
        AND act.from_status IS DISTINCT FROM 'pending'
        AND (held.to_status <> 'locked' OR act.taker IS DISTINCT FROM held.taker_id::text
          OR act.created_at >= (held.payload #>> '{metadata,expires_at}')::timestamptz)
      UNION
      SELECT order_hash FROM order_events
      WHERE from_status = 'pending' AND to_status = 'locked' AND actor ->> 'taker_id' IS DISTINCT FROM taker_id::text
      UNION
      SELECT e.order_hash
      FROM fills f JOIN order_events e ON e.order_id = f.order_id AND e.to_status IN ('filled', 'partially_filled')
      WHERE f.taker_id IS DISTINCT FROM e.taker_id OR f.taker_address IS DISTINCT FROM e.payload ->> 'taker'`,
  },
  {
    number: 9,
    sentence: 'each transition and its event are of one moment',
    // all that a transaction writes has the time that it read when it had locked the order
    broken: `
      SELECT o.order_hash AS subject
      FROM orders o JOIN order_events e ON e.order_id = o.id AND e.version = o.version
      WHERE o.updated_at <> e.created_at
      UNION
      SELECT e.order_hash
      FROM fills f JOIN order_events e ON e.order_id = f.order_id AND e.to_status IN ('filled', 'partially_filled')
      WHERE f.created_at <> e.created_at
      UNION
      SELECT r.id::text
      FROM cancellation_requests r JOIN order_events e ON e.request_id = r.id AND ${ENDS_REQUEST}
      WHERE r.resolved_at IS NOT NULL AND r.resolved_at <> e.created_at`,
  },
  {
    number: 13,
    sentence: 'nonces are unique per maker',
    broken: `
      SELECT min(order_hash::text) AS subject FROM orders GROUP BY maker, nonce HAVING count(*) > 1`,
  },
  {
    number: 21,
    sentence: 'a lock is whole, and lives while its order is locked or suspended',
    // of a lock that ended the order keeps who held it
    broken: `
      SELECT order_hash AS subject
      FROM orders
      WHERE num_nonnulls(lock_id, lock_expires_at) = 1 OR num_nonnulls(locked_by, locked_taker_id, locked_at) IN (1, 2)
        OR lock_id IS NOT NULL AND (locked_by IS NULL OR lock_expires_at <= locked_at)
        OR CASE status WHEN 'locked' THEN lock_id IS NULL WHEN 'suspended' THEN false ELSE lock_id IS NOT NULL END`,
  },
  {
    number: 22,
    sentence: 'an order is filled as far as its status says',
    // which is one that there is; 5 looks after cancelled ones
    broken: `
      SELECT order_hash AS subject
      FROM orders
      WHERE status NOT IN ${OPEN} AND status NOT IN ${FINAL} OR CASE status WHEN 'filled' THEN filled_quantity <> quantity
        WHEN 'partially_filled' THEN filled_quantity <= 0 OR filled_quantity >= quantity
        WHEN 'cancelled' THEN false ELSE filled_quantity <> 0 END`,
  },
];
