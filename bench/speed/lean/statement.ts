/** SQL expressions of an answer's key, order and words. */
interface Answer {
  keyHash: string;
  orderHash: string;
  address: string;
  message: string;
}

/**
 * An accepted answer as one statement: the key is known, the order locked by its taker for this address, its request open.
 * The order's row and its request's are changed, and one event tells of both.
 */
export const leanAccept = ({ keyHash, orderHash, address, message }: Answer): string =>
  `
  WITH released AS (
    UPDATE orders o
    SET status = CASE WHEN o.deadline <= now() THEN 'expired'::order_status ELSE 'cancelled' END,
      lock_expires_at = NULL, updated_at = now()
    FROM api_keys k, cancellation_requests r
    WHERE k.key_hash = ${keyHash} AND k.revoked_at IS NULL
      AND o.order_hash = ${orderHash} AND o.status = 'locked' AND o.lock_expires_at > now()
      AND o.taker_id = k.taker_id AND o.taker_address = ${address}
      AND r.order_id = o.id AND r.status IN ('requested', 'timed_out')
    RETURNING o.id, o.status, o.taker_id, r.id AS request_id, r.expires_at <= now() AS late
  ), answered AS (
    UPDATE cancellation_requests r SET status = 'accepted', late = released.late, message = ${message}, resolved_at = now()
    FROM released WHERE r.id = released.request_id
  )
  INSERT INTO order_events (order_id, type, to_status, taker_id, request_id, late, message, created_at)
  SELECT id, 'cancellation_accepted', status, taker_id, request_id, late, ${message}, now()
  FROM released`.replaceAll(/\s+/g, ' ');
