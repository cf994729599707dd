import { randomBytes } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { Client } from 'pg';

export interface TestDatabase {
  /** As its owner, who is no superuser. */
  url: string;
  superuserUrl: string;
  drop(): Promise<void>;
}

/** A migrated database of its own for a test file, on the run's PostgreSQL; or a copy of one that nothing is connected to. */
export async function createTestDatabase(template = 'lockstep_template'): Promise<TestDatabase> {
  const serverUrl = process.env.TEST_SERVER_URL!;
  const name = `test_${randomBytes(6).toString('hex')}`;
  const ownerUrl = process.env.TEST_OWNER_URL!;
  const { username: owner } = new URL(ownerUrl);
  const options = `OWNER ${owner} TEMPLATE ${template} STRATEGY file_copy`;
  await onServer(serverUrl, `CREATE DATABASE ${name} ${options}`);
  return {
    url: new URL(`/${name}`, ownerUrl).href,
    superuserUrl: new URL(`/${name}`, serverUrl).href,
    drop: () => onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

/** For what only a superuser may do, on a connection of its own. */
export async function onServer(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** What falls due. */
export type DueTime = 'request' | 'lock' | 'deadline';
/** What passes. */
export type OrderTime = DueTime | 'cool-down';

/** Moves one of an order's times into the past, as if it had gone by; returns it (milliseconds since 1970). */
export async function makeDue(
  database: Pick<EntityManager, 'query'>,
  orderHash: string,
  what: OrderTime,
  millisecondsAgo = 1,
): Promise<number> {
  const passed = `clock_timestamp() - $2 * interval '1 millisecond'`;
  const sql = {
    request: `UPDATE cancellation_requests SET requested_at = requested_at - interval '1 day', expires_at = ${passed}
              WHERE status = 'requested' AND order_id = (SELECT id FROM orders WHERE order_hash = $1)
              RETURNING expires_at AS time`,
    lock: `UPDATE orders SET locked_at = locked_at - interval '1 day', lock_expires_at = ${passed}
           WHERE order_hash = $1 AND lock_id IS NOT NULL RETURNING lock_expires_at AS time`,
    // whole seconds
    deadline: `UPDATE orders SET deadline = floor(extract(epoch FROM ${passed}))
               WHERE order_hash = $1 RETURNING to_timestamp(deadline) AS time`,
    // a day, with all that was written at that moment
    'cool-down': `WITH refusals AS (
        UPDATE cancellation_requests SET requested_at = requested_at - interval '1 day',
          resolved_at = resolved_at - interval '1 day' - $2 * interval '1 millisecond'
        WHERE status = 'rejected' AND resolved_by = 'answer'
          AND order_id = (SELECT id FROM orders WHERE order_hash = $1)
        RETURNING id, order_id, resolved_at),
      latest AS (
        UPDATE orders o SET updated_at = r.resolved_at
        FROM refusals r JOIN order_events e ON e.request_id = r.id AND e.payload ->> 'resolved_by' = 'answer'
        WHERE o.id = r.order_id AND e.version = o.version)
      UPDATE order_events e SET created_at = r.resolved_at FROM refusals r
      WHERE e.request_id = r.id AND e.payload ->> 'resolved_by' = 'answer' RETURNING e.created_at AS time`,
  }[what];
  const [rows] = await database.query<[{ time: Date }[], number]>(sql, [orderHash, millisecondsAgo]);
  return rows[0]!.time.getTime();
}
