import { Transaction } from '#database';
import type { DataSource, EntityManager } from 'typeorm';

export const DAY_MS = 86_400_000;
/** Days that have their partition before they begin: how long the worker may be away. */
export const DAYS_AHEAD = 3;
/** Any fixed number: the advisory lock under which one worker at a time changes partitions. */
const PARTITIONS_LOCK = 7_205_760;
/** A change of partitions waits for readers and makes trades wait behind it: it gives up soon, and tries again later. */
export const LOCK_TIMEOUT_MS = 100;

/** SQL: the days of events that have a partition of their own; null stands for no bound. */
export const PARTITIONS = `
  SELECT c.relname AS name,
    (regexp_match(bounds, 'FROM \\(''(.+?)''\\)'))[1]::timestamptz AS "from",
    (regexp_match(bounds, 'TO \\(''(.+?)''\\)'))[1]::timestamptz AS "to"
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, pg_get_expr(c.relpartbound, c.oid) AS bounds
  WHERE i.inhparent = 'order_events'::regclass AND bounds <> 'DEFAULT'`;

export interface Days {
  from: Date;
  to: Date;
}

export interface Partition {
  name: string;
  from: Date | null;
  to: Date;
}

/** Changes partitions in a transaction, one worker after the other, each of which finds out what is left to do. */
export async function changePartitions(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<unknown>,
): Promise<void> {
  await Transaction.withManager(dataSource, async (manager) => {
    await manager.query('SELECT pg_advisory_xact_lock($1)', [PARTITIONS_LOCK]);
    await manager.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await work(manager);
  });
}

export const dayOf = (time: Date): Date => new Date(Math.floor(time.getTime() / DAY_MS) * DAY_MS);
export const daysAfter = (day: Date, days: number): Date => new Date(day.getTime() + days * DAY_MS);
export const nameOf = (day: Date): string =>
  `order_events_${day.toISOString().slice(0, 10).replaceAll('-', '')}`;
export const boundsOf = ({ from, to }: Days): string =>
  `FOR VALUES FROM ('${from.toISOString()}') TO ('${to.toISOString()}')`;
