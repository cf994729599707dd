import { expect } from '@jest/globals';
import type { DataSource } from 'typeorm';

/** What must hold in the database after whatever happened; each query finds the rows that break it. */
const BROKEN = {
  "versions of an order are dense from 1 and the last is the order's own": `
    SELECT o.order_hash FROM orders o LEFT JOIN order_events e ON e.order_id = o.id
    GROUP BY o.id HAVING count(e.seq) <> o.version OR min(e.version) <> 1 OR max(e.version) <> o.version`,
  'the status is what the last transition made it, and each starts where the one before ended': `
    SELECT order_hash FROM (
      SELECT o.order_hash, o.status, e.from_status, e.to_status,
        lag(e.to_status) OVER w AS before, lead(e.version) OVER w AS after
      FROM orders o JOIN order_events e ON e.order_id = o.id AND e.type = 'order_status_change'
      WINDOW w AS (PARTITION BY o.id ORDER BY e.version)) t
    WHERE from_status IS DISTINCT FROM before OR (after IS NULL AND to_status <> status)`,
  'final is final': `
    SELECT order_hash FROM order_events
    WHERE from_status IN ('partially_filled', 'filled', 'cancelled', 'expired', 'rejected')`,
  'ids grow with the changes of an order': `
    SELECT order_hash FROM (
      SELECT order_hash, xid, seq, lag(xid) OVER w AS xid_before, lag(seq) OVER w AS seq_before FROM order_events
      WINDOW w AS (PARTITION BY order_id ORDER BY version)) t
    WHERE (xid, seq) <= (xid_before, seq_before)`,
  'a verdict has one event, and an accepted one ends the lock': `
    SELECT r.id FROM cancellation_requests r
    LEFT JOIN order_events e ON e.request_id = r.id AND e.payload ->> 'status' IN ('accepted', 'rejected')
    WHERE r.resolved_by IS NOT NULL
    GROUP BY r.id HAVING count(e.seq) <> 1
    UNION ALL
    SELECT r.id FROM cancellation_requests r JOIN orders o ON o.id = r.order_id
    WHERE r.status = 'accepted' AND o.status NOT IN ('cancelled', 'expired', 'rejected')`,
  'an open request belongs to the live lock': `
    SELECT r.id FROM cancellation_requests r JOIN orders o ON o.id = r.order_id
    WHERE r.status IN ('requested', 'timed_out') AND r.lock_id IS DISTINCT FROM o.lock_id`,
  'an order has a fill when it is filled, of what it says, and only then': `
    SELECT o.order_hash FROM orders o LEFT JOIN fills f ON f.order_id = o.id
    WHERE o.filled_quantity <> COALESCE(f.fill_quantity, 0)
      OR (f.id IS NOT NULL) <> (o.status IN ('filled', 'partially_filled'))`,
  'a request was pushed within its life': `
    SELECT id FROM cancellation_requests WHERE pushed_at < requested_at OR pushed_at > resolved_at`,
};

export async function expectInvariants(dataSource: DataSource): Promise<void> {
  const violations: Record<string, unknown[]> = {};
  for (const [rule, sql] of Object.entries(BROKEN)) {
    const rows = await dataSource.query<unknown[]>(sql);
    if (rows.length > 0) violations[rule] = rows;
  }
  expect(violations).toEqual({});
}
