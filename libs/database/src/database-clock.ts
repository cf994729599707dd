import type { EntityManager } from 'typeorm';

/** The database's clock at this moment (not the transaction's start: the transaction may have waited for a lock). */
export async function databaseNow(manager: EntityManager): Promise<Date> {
  const [row] = await manager.query<[{ now: Date }]>('SELECT clock_timestamp() AS now');
  return row.now;
}
