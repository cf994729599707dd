import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { SETTINGS, type Settings } from '#config';
import { DataSource } from 'typeorm';
import {
  boundsOf,
  changePartitions,
  DAY_MS,
  dayOf,
  DAYS_AHEAD,
  daysAfter,
  nameOf,
  type Partition,
  PARTITIONS,
} from './partition-changes.js';
import { giveStraysTheirPartition } from './stray-events.js';

const TEND_INTERVAL_MS = 60_000;

/** SQL: the time from which on no event was dropped; '-infinity' when none ever was. */
export const EVENTS_KEPT_SINCE = `
  (SELECT COALESCE(min(COALESCE("from", '-infinity')), '-infinity') FROM (${PARTITIONS}) partitions)`;

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
    await giveStraysTheirPartition(this.dataSource);
    const [{ now }] = await this.dataSource.query<[{ now: Date }]>('SELECT clock_timestamp() AS now');
    const partitions = await this.dataSource.query<Partition[]>(PARTITIONS);
    for (const day of daysWithout(partitions, now)) {
      await changePartitions(this.dataSource, (manager) => manager.query(creationOf(day)));
    }
    for (const name of olderThan(partitions, now.getTime() - this.settings.EVENT_RETENTION_DAYS * DAY_MS)) {
      await changePartitions(this.dataSource, (manager) => manager.query(`DROP TABLE IF EXISTS ${name}`));
      this.logger.log(`dropped the events of ${name}`);
    }
  }
}

function creationOf(day: Date): string {
  const bounds = boundsOf({ from: day, to: daysAfter(day, 1) });
  return `CREATE TABLE IF NOT EXISTS ${nameOf(day)} PARTITION OF order_events ${bounds}`;
}

/** The days from today on, to the last that should have a partition, of which none has them. */
function daysWithout(partitions: Partition[], now: Date): Date[] {
  const coming = Array.from({ length: DAYS_AHEAD + 1 }, (_, ahead) => daysAfter(dayOf(now), ahead));
  return coming.filter((day) => !partitions.some(({ from, to }) => (!from || from <= day) && day < to));
}

function olderThan(partitions: Partition[], time: number): string[] {
  return partitions.filter(({ to }) => to.getTime() <= time).map(({ name }) => name);
}
