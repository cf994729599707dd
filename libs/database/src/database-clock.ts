import type { EntityManager } from 'typeorm';
import { PreparedStatement } from './prepared-statement.js';

/** In the precision of the columns that hold times. */
const NOW = 'SELECT clock_timestamp()::timestamptz(3) AS now';

/** The database's clock at this moment (not the transaction's start: the transaction may have waited for a lock). */
export async function databaseNow(manager: EntityManager): Promise<Date> {
  const [row] = await manager.query<[{ now: Date }]>(NOW);
  return row.now;
}

/** The same, to be sent with other statements. */
export const READ_CLOCK = new PreparedStatement<{ now: Date }>('read_clock', NOW).with();
