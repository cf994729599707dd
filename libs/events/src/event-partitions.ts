import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { SETTINGS, type Settings } from '#config';
import { DataSource, type EntityManager } from 'typeorm';

const TEND_INTERVAL_MS = 60_000;
const DAY_MS = 86_400_000;
/** Days that have their partition before they begin: how long the worker may be away. */
const DAYS_AHEAD = 3;
/** Any fixed number: the advisory lock under which one worker at a time changes partitions. */
const PARTITIONS_LOCK = 7_205_760;
/** A change of partitions waits for readers and makes trades wait behind it: it gives up soon, and tries again later. */
const LOCK_TIMEOUT_MS = 200;

/** SQL: the days of events that have a partition of their own; null stands for no bound. */
const PARTITIONS = `
  SELECT c.relname AS name,
    (regexp_match(bounds, 'FROM \\(''(.+?)''\\)'))[1]::timestamptz AS "from",
    (regexp_match(bounds, 'TO \\(''(.+?)''\\)'))[1]::timestamptz AS "to"
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, pg_get_expr(c.relpartbound, c.oid) AS bounds
  WHERE i.inhparent = 'order_events'::regclass AND bounds <> 'DEFAULT'`;

/** SQL: the time from which on no event was dropped; '-infinity' when none ever was. */
export const EVENTS_KEPT_SINCE = `
  (SELECT COALESCE(min(COALESCE("from", '-infinity')), '-infinity') FROM (${PARTITIONS}) partitions)`;

interface Partition {
  name: string;
  from: Date | null;
  to: Date;
}

/**
 * Part of the worker: makes the partitions of coming days (UTC) and drops those that are too old, whole. Any number can
 * run. Events of a day without a partition go to the default one, which then becomes the partition of those days.
 */
@Injectable()
export class EventPartitions implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(EventPartitions.name);
  private timer: NodeJS.Timeout | undefined;
  private tending: Promise<void> | undefined;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  onApplicationBootstrap(): void {
    const tend = (): void => {
      this.tending ??= this.tend()
        .catch((error: Error) =>
          this.logger.warn(`the partitions of events could not be tended: ${error.message}`),
        )
        .finally(() => (this.tending = undefined));
    };
    tend();
    this.timer = setInterval(tend, TEND_INTERVAL_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.tending;
  }

  /** Makes what is missing and drops what is too old, each in a transaction of its own. */
  async tend(): Promise<void> {
    const [{ strays }] = await this.dataSource.query<[{ strays: boolean }]>(
      'SELECT EXISTS (SELECT FROM order_events_default) AS strays',
    );
    if (strays) await this.change(giveStraysTheirPartition);
    const [{ now }] = await this.dataSource.query<[{ now: Date }]>('SELECT clock_timestamp() AS now');
    const partitions = await this.dataSource.query<Partition[]>(PARTITIONS);
    for (const day of daysWithout(partitions, now)) {
      await this.change((manager) => manager.query(creationOf(day)));
    }
    for (const name of olderThan(partitions, now.getTime() - this.settings.EVENT_RETENTION_DAYS * DAY_MS)) {
      await this.change((manager) => manager.query(`DROP TABLE IF EXISTS ${name}`));
      this.logger.log(`dropped the events of ${name}`);
    }
  }

  private async change(work: (manager: EntityManager) => Promise<unknown>): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [PARTITIONS_LOCK]);
      await manager.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
      await work(manager);
    });
  }
}

const dayOf = (time: Date): Date => new Date(Math.floor(time.getTime() / DAY_MS) * DAY_MS);
const dayAfter = (day: Date): Date => new Date(day.getTime() + DAY_MS);
const nameOf = (day: Date): string => `order_events_${day.toISOString().slice(0, 10).replaceAll('-', '')}`;
const boundsOf = (first: Date, last: Date): string =>
  `FOR VALUES FROM ('${first.toISOString()}') TO ('${dayAfter(last).toISOString()}')`;

function creationOf(day: Date): string {
  return `CREATE TABLE IF NOT EXISTS ${nameOf(day)} PARTITION OF order_events ${boundsOf(day, day)}`;
}

/** The days from today on, or from the last one that has a partition, to the last that should have one. */
function daysWithout(partitions: Partition[], now: Date): Date[] {
  const covered = Math.max(...partitions.map(({ to }) => to.getTime()));
  const days: Date[] = [];
  for (let ahead = 0; ahead <= DAYS_AHEAD; ahead += 1) {
    const day = new Date(dayOf(now).getTime() + ahead * DAY_MS);
    if (day.getTime() >= covered) days.push(day);
  }
  return days;
}

function olderThan(partitions: Partition[], time: number): string[] {
  return partitions.filter(({ to }) => to.getTime() <= time).map(({ name }) => name);
}

/** The default partition becomes that of the days of its rows, which stay where they are, and a new one takes its place. */
async function giveStraysTheirPartition(manager: EntityManager): Promise<void> {
  await manager.query('LOCK TABLE order_events IN ACCESS EXCLUSIVE MODE');
  const [{ first, last }] = await manager.query<[{ first: Date | null; last: Date | null }]>(
    'SELECT min(created_at) AS first, max(created_at) AS last FROM order_events_default',
  );
  if (!first || !last) return; // another worker was faster
  const name = nameOf(dayOf(last));
  await manager.query('ALTER TABLE order_events DETACH PARTITION order_events_default');
  await manager.query(`ALTER TABLE order_events_default RENAME TO ${name}`);
  await manager.query(
    `ALTER TABLE order_events ATTACH PARTITION ${name} ${boundsOf(dayOf(first), dayOf(last))}`,
  );
  await manager.query('CREATE TABLE order_events_default PARTITION OF order_events DEFAULT');
}
