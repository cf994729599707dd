import { withoutTimeLimits } from '#database';
import type { DataSource, EntityManager } from 'typeorm';
import type { Invariant } from './invariant.js';
import { orderInvariants } from './order-invariants.js';
import { requestInvariants } from './request-invariants.js';

const EXAMPLES_MAX = 5;
/** Of one check: some sort all events of the database. */
const STATEMENT_TIMEOUT = '30min';
/** How soon the database ends a check whose process is gone. */
const CLIENT_CHECK_INTERVAL = '1s';

/** What the check of one invariant found. */
export interface Finding {
  number: number;
  sentence: string;
  violations: number;
  /** Order hashes and request ids of some of them. */
  examples: string[];
}

export const INVARIANTS: readonly Invariant[] = [...orderInvariants, ...requestInvariants].toSorted(
  (a, b) => a.number - b.number,
);

/** The number of the one that holds only where a worker comes by to write down what has run out. */
export const NEEDS_A_WORKER = 12;

/** How many rows there were to check. */
export type RowCounts = Record<'orders' | 'requests' | 'fills' | 'events', number>;

/**
 * Checks every invariant that the database alone can show, all at one moment. It writes nothing, locks nothing, and a
 * transaction that reads only has no number, so that it does not hold up the event tail, however long it takes.
 */
export async function checkInvariants(
  dataSource: DataSource,
  onFinding: (finding: Finding) => void,
): Promise<RowCounts> {
  return dataSource.transaction('REPEATABLE READ', (manager) =>
    withoutTimeLimits(manager.queryRunner!, async () => {
      await manager.query('SET TRANSACTION READ ONLY');
      await manager.query(`SET LOCAL statement_timeout = '${STATEMENT_TIMEOUT}'`);
      await manager.query(`SET LOCAL client_connection_check_interval = '${CLIENT_CHECK_INTERVAL}'`);
      for (const invariant of INVARIANTS) onFinding(await check(manager, invariant));
      return countRows(manager);
    }),
  );
}

async function check(manager: EntityManager, { number, sentence, broken }: Invariant): Promise<Finding> {
  const rows = await manager.query<{ subject: string; violations: number }[]>(
    `SELECT subject, count(*) OVER ()::integer AS violations FROM (${broken}) broken LIMIT ${EXAMPLES_MAX}`,
  );
  const examples = rows.map(({ subject }) => subject);
  return { number, sentence, violations: rows[0]?.violations ?? 0, examples };
}

async function countRows(manager: EntityManager): Promise<RowCounts> {
  const [counts] = await manager.query<[Record<keyof RowCounts, string>]>(`
    SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM cancellation_requests) AS requests,
      (SELECT count(*) FROM fills) AS fills, (SELECT count(*) FROM order_events) AS events`);
  const { orders, requests, fills, events } = counts;
  return {
    orders: Number(orders),
    requests: Number(requests),
    fills: Number(fills),
    events: Number(events),
  };
}
