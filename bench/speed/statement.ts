/** The words of every answer in this bench. */
export const MESSAGE = 'Not traded yet, cancelled';

/**
 * An accepted answer as one statement, as much as the service writes for it: the order's row, its request's row and two
 * events. One row is changed by one order, whose hash is the parameter, an expression.
 */
export const acceptStatement = (orderHash: string): string =>
  `
  WITH released AS (
    UPDATE orders o
    SET status = 'cancelled', version = o.version + 2, updated_at = now(), lock_id = NULL, lock_expires_at = NULL
    FROM cancellation_requests r
    WHERE o.order_hash = ${orderHash} AND o.status = 'locked' AND o.lock_expires_at > now()
      AND r.order_id = o.id AND r.status IN ('requested', 'timed_out')
    RETURNING o.id, o.order_hash, o.maker, o.version, o.locked_by, o.locked_taker_id, r.lock_id, r.id AS request_id,
      r.status = 'timed_out' AS late
  ), answered AS (
    UPDATE cancellation_requests r
    SET status = 'accepted', resolved_by = 'answer', late = released.late, message = '${MESSAGE}', resolved_at = now()
    FROM released WHERE r.id = released.request_id
  )
  INSERT INTO order_events (order_id, version, type, from_status, to_status, request_id, order_hash, maker, taker_id,
    actor, payload, created_at)
  SELECT id, released.version + event.step, type, from_status, to_status, of_request, order_hash, maker, locked_taker_id,
    jsonb_build_object('kind', 'taker', 'taker_id', locked_taker_id, 'key_id', '0123456789abcdef',
      'http_request_id', '01234567-89ab-cdef-0123-456789abcdef'), payload, now()
  FROM released, LATERAL (VALUES
    (-1, 'cancellation_update', NULL, NULL, request_id,
      jsonb_build_object('status', 'accepted', 'resolved_by', 'answer', 'late', late, 'message', '${MESSAGE}')),
    (0, 'order_status_change', 'locked', 'cancelled', NULL, jsonb_build_object(
      'taker', locked_by, 'metadata', jsonb_build_object('cause', 'cancellation_accepted', 'lock_id', lock_id)))
  ) event (step, type, from_status, to_status, of_request, payload)`.replaceAll(/\s+/g, ' ');
