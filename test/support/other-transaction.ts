import type { DataSource, QueryRunner } from 'typeorm';

/**
 * Runs `work` beside a transaction of somebody else's, which is committed afterwards unless `work` has ended it. It may do
 * nothing for as long as `work` takes: the limit on idle transactions is lifted for it.
 */
export async function besideTransaction<T>(
  dataSource: DataSource,
  work: (other: QueryRunner) => Promise<T>,
): Promise<T> {
  const other = dataSource.createQueryRunner();
  try {
    await other.startTransaction();
    await other.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    const result = await work(other);
    if (other.isTransactionActive) await other.commitTransaction();
    return result;
  } finally {
    if (other.isTransactionActive) await other.rollbackTransaction();
    await other.release();
  }
}

/** Runs `work` while somebody else has the row of an order locked. */
export function whileOrderIsHeld<T>(dataSource: DataSource, id: string, work: () => Promise<T>): Promise<T> {
  return besideTransaction(dataSource, async (other) => {
    await other.query('SELECT 1 FROM orders WHERE id = $1 FOR UPDATE', [id]);
    return work();
  });
}

/** Whether a statement on this database waits for what another transaction has locked. */
export async function isLockAwaited(dataSource: DataSource): Promise<boolean> {
  const waiting = await dataSource.query<unknown[]>(
    `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return waiting.length > 0;
}

/** Writes an event of a pending order, which nobody reads before the transaction is committed; returns its number in the log. */
export async function writeEvent(other: QueryRunner, orderId: string): Promise<string> {
  await other.query('UPDATE orders SET version = version + 1 WHERE id = $1', [orderId]);
  const [{ seq }] = await other.query(
    `INSERT INTO order_events (order_id, version, type, from_status, to_status, order_hash, maker, actor, payload,
       created_at)
     SELECT id, version, 'order_status_change', 'pending', 'pending', order_hash, maker, '{"kind":"timer"}',
       '{}', clock_timestamp() FROM orders WHERE id = $1 RETURNING seq`,
    [orderId],
  );
  return seq;
}
