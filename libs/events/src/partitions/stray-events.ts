import { Transaction, withoutTimeLimits } from '#database';
import type { DataSource, EntityManager } from 'typeorm';
import {
  boundsOf,
  changePartitions,
  dayOf,
  type Days,
  DAYS_AHEAD,
  daysAfter,
  LOCK_TIMEOUT_MS,
  nameOf,
  type Partition,
  PARTITIONS,
} from './partition-changes.js';

/** Above deadlock_timeout (1 s), after which PostgreSQL ends an autovacuum that is in the way. */
const VACUUM_TIMEOUT_MS = 3_000;
/** Of what is done while nobody can use the table, all of which is catalogs: it takes a few milliseconds. */
const DONE_WITHIN_MS = 1_000;
/** The CHECK under which the rows of the default partition are known to be of some days. */
const FENCE = 'order_events_strays';
/** PostgreSQL: a row breaks the CHECK, bounds overlap a partition that was made meanwhile. */
const WRONG_DAYS: ReadonlySet<unknown> = new Set(['23514', '42P17']);

const FENCE_BOUNDS = `
  SELECT convalidated AS "isValid", (regexp_match(definition, '>= ''(.+?)'''))[1]::timestamptz AS "from",
    (regexp_match(definition, '< ''(.+?)'''))[1]::timestamptz AS "to"
  FROM pg_constraint, pg_get_constraintdef(oid) AS definition
  WHERE conrelid = 'order_events_default'::regclass AND conname = '${FENCE}'`;

interface Fence extends Days {
  isValid: boolean;
}

/**
 * Events of days without a partition lie in the default one, which becomes the partition of those days; its rows stay
 * where they are. PostgreSQL would read them all while nobody else may use the table, unless a CHECK tells it that they
 * fit. So first comes a CHECK of new rows, then a look at the old ones, which holds nobody up, and then the change itself.
 *
 * Each step is a transaction that finds out what is to be done, so that any number of workers can take it, and one that is
 * killed leaves what the next goes on with. New events keep to the CHECK for some days, however long it stays.
 */
export async function giveStraysTheirPartition(dataSource: DataSource): Promise<void> {
  const [[fence], [{ strays }]] = await Promise.all([
    dataSource.query<Fence[]>(FENCE_BOUNDS),
    dataSource.query<[{ strays: boolean }]>('SELECT EXISTS (SELECT FROM order_events_default) AS strays'),
  ]);
  if (!fence && !strays) return;
  try {
    if (!fence) await makeFence(dataSource);
    if (!fence?.isValid) await validateFence(dataSource);
    await changePartitions(dataSource, becomePartition);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (WRONG_DAYS.has(code)) await changePartitions(dataSource, removeFence);
    throw error;
  }
}

async function makeFence(dataSource: DataSource): Promise<void> {
  const [{ first, last, now }] = await unhurried(dataSource, (manager) =>
    manager.query<[{ first: Date | null; last: Date; now: Date }]>(
      'SELECT min(created_at) AS first, max(created_at) AS last, clock_timestamp() AS now FROM order_events_default',
    ),
  );
  if (!first) return; // another worker was faster
  await changePartitions(dataSource, async (manager) => {
    await keepVacuumOut(manager);
    const [made] = await manager.query<Fence[]>(FENCE_BOUNDS);
    const days = daysOf(first, last, now, await manager.query<Partition[]>(PARTITIONS));
    if (made || !days) return;
    const [from, to] = [days.from.toISOString(), days.to.toISOString()];
    await manager.query(`ALTER TABLE order_events_default ADD CONSTRAINT ${FENCE}
      CHECK (created_at IS NOT NULL AND created_at >= '${from}' AND created_at < '${to}') NOT VALID`);
  });
}

/**
 * The days that no partition has around those of the strays: wide enough for what is written until the end, and, should the
 * worker be killed, for days after. Undefined when they have their partition by now.
 */
function daysOf(first: Date, last: Date, now: Date, partitions: Partition[]): Days | undefined {
  const times = partitions.map(({ from, to }) => ({ from: from?.getTime() ?? -Infinity, to: to.getTime() }));
  if (times.some(({ from, to }) => from <= first.getTime() && first.getTime() < to)) return undefined;
  const [earliest, latest] = now < first ? [now, last] : [first, now > last ? now : last];
  const before = times.map(({ to }) => to).filter((to) => to <= first.getTime());
  const after = times.map(({ from }) => from).filter((from) => from > first.getTime());
  const from = new Date(Math.max(...before, daysAfter(dayOf(earliest), -1).getTime()));
  const to = new Date(Math.min(...after, daysAfter(dayOf(latest), DAYS_AHEAD + 1).getTime()));
  if (last >= to) {
    throw new Error(
      `order_events_default has events from before and after ${to.toISOString()}: move some by hand`,
    );
  }
  return { from, to };
}

async function validateFence(dataSource: DataSource): Promise<void> {
  await unhurried(dataSource, async (manager) => {
    await keepVacuumOut(manager);
    const [fence] = await manager.query<Fence[]>(FENCE_BOUNDS);
    if (fence?.isValid !== false) return;
    await manager.query(`ALTER TABLE order_events_default VALIDATE CONSTRAINT ${FENCE}`);
  });
}

async function becomePartition(manager: EntityManager): Promise<void> {
  await keepVacuumOut(manager);
  const [fence] = await manager.query<Fence[]>(FENCE_BOUNDS);
  if (!fence?.isValid) return;
  // of the wait for both locks together
  await manager.query(`SET LOCAL statement_timeout = ${LOCK_TIMEOUT_MS}`);
  await manager.query('LOCK TABLE ONLY order_events, order_events_default IN ACCESS EXCLUSIVE MODE');
  const name = nameOf(daysAfter(fence.to, -1));
  await manager.query(`
    SET LOCAL statement_timeout = ${DONE_WITHIN_MS};
    ALTER TABLE order_events DETACH PARTITION order_events_default;
    ALTER TABLE order_events_default RENAME TO ${name};
    ALTER TABLE order_events ATTACH PARTITION ${name} ${boundsOf(fence)};
    ALTER TABLE ${name} DROP CONSTRAINT ${FENCE};
    CREATE TABLE order_events_default PARTITION OF order_events DEFAULT`);
}

/** Nobody but a vacuum or another worker waits for this lock, nor makes it wait. */
async function keepVacuumOut(manager: EntityManager): Promise<void> {
  await manager.query(`SET LOCAL lock_timeout = ${VACUUM_TIMEOUT_MS}`);
  await manager.query('LOCK TABLE order_events_default IN SHARE UPDATE EXCLUSIVE MODE');
  await manager.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
}

function removeFence(manager: EntityManager): Promise<unknown> {
  return manager.query(`ALTER TABLE order_events_default DROP CONSTRAINT IF EXISTS ${FENCE}`);
}

/** Reads a whole table, however long it takes. */
async function unhurried<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  return Transaction.withManager(dataSource, (manager) =>
    withoutTimeLimits(manager.queryRunner!, () => work(manager)),
  );
}
