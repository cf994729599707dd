import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { Client } from 'pg';

/** A migrated database of its own for a test file, on the run's PostgreSQL. */
export async function createTestDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const serverUrl = process.env.TEST_SERVER_URL!;
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(serverUrl, `CREATE DATABASE ${name} TEMPLATE lockstep_template`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Moves an order's clock-driven columns into the past, as if the time had gone by. */
export async function makeDue(
  dataSource: DataSource,
  orderHash: string,
  what: 'request' | 'lock' | 'deadline',
): Promise<void> {
  const sql = {
    request: `UPDATE cancellation_requests SET requested_at = requested_at - interval '1 day',
                expires_at = clock_timestamp() - interval '1 millisecond'
              WHERE status = 'requested' AND order_id = (SELECT id FROM orders WHERE order_hash = $1)`,
    lock: `UPDATE orders SET locked_at = locked_at - interval '1 day',
             lock_expires_at = clock_timestamp() - interval '1 millisecond' WHERE order_hash = $1`,
    deadline: `UPDATE orders SET deadline = extract(epoch FROM clock_timestamp())::bigint - 1 WHERE order_hash = $1`,
  }[what];
  await dataSource.query(sql, [orderHash]);
}
