import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { ScrapeReading, showGauge } from '#metrics';
import { Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { OPEN_STATUSES, OPEN_STATUSES_SQL } from '../cancellations/cancellation-request.entity.js';

const SAME_EVERYWHERE = 'of the whole service, the same on every instance: take max, not sum';

const OPEN = [...OPEN_STATUSES, 'suspended'];

interface Backlog {
  open: { status: string; count: number; oldest: number }[];
  suspended: number;
  late: { request: number; lock: number; deadline: number };
}

/** In seconds; by the partial indexes: all open requests, and of what will be due the first row of each alone. */
const BACKLOG = `
  WITH clock AS (SELECT clock_timestamp() AS now),
  open AS (
    SELECT CASE o.status WHEN 'suspended' THEN 'suspended' ELSE r.status END AS status,
           count(*)::int AS count, extract(epoch FROM now - min(r.requested_at))::float AS oldest
    FROM clock, cancellation_requests r JOIN orders o ON o.id = r.order_id
    WHERE r.status IN (${OPEN_STATUSES_SQL}) GROUP BY 1, now)
  SELECT (SELECT coalesce(json_agg(open), '[]') FROM open) AS open,
    (SELECT count(*)::int FROM orders WHERE status = 'suspended') AS suspended,
    json_build_object(
      'request', greatest(0, extract(epoch FROM now - (SELECT r.expires_at
        FROM cancellation_requests r JOIN orders o ON o.id = r.order_id
        WHERE r.status = 'requested' AND o.status = 'locked' ORDER BY r.expires_at LIMIT 1))),
      'lock', greatest(0, extract(epoch FROM now -
        (SELECT min(lock_expires_at) FROM orders WHERE status = 'locked'))),
      'deadline', greatest(0, extract(epoch FROM now) -
        (SELECT min(deadline) FROM orders WHERE status = 'pending'))) AS late
  FROM clock`;

/** What stands in the database for everybody to deal with, read at each scrape; every instance shows the same. */
@Injectable()
export class BacklogMetrics {
  private readonly backlog: ScrapeReading<Backlog>;

  constructor(registry: Registry, @InjectDataSource() dataSource: DataSource) {
    this.backlog = new ScrapeReading(async () => (await dataSource.query<[Backlog]>(BACKLOG))[0]);
    this.showDatabase(registry);
    this.showOpenRequests(
      registry,
      'lockstep_open_cancellation_requests',
      'Cancellation requests without a verdict; suspended are those of suspended orders',
      'count',
    );
    this.showOpenRequests(
      registry,
      'lockstep_oldest_open_cancellation_request_seconds',
      'Since the oldest one without a verdict was first requested, 0 without any',
      'oldest',
    );
    this.showSuspended(registry);
    this.showTimers(registry);
  }

  private showDatabase(registry: Registry): void {
    const { backlog } = this;
    showGauge(registry, {
      name: 'lockstep_database_up',
      help: 'Whether the database answered this scrape within 2 s; without it the figures that it knows are missing',
      async collect() {
        this.set((await backlog.get()) ? 1 : 0);
      },
    });
  }

  private showOpenRequests(registry: Registry, name: string, help: string, figure: 'count' | 'oldest'): void {
    const { backlog } = this;
    showGauge(registry, {
      name,
      help: `${help}; ${SAME_EVERYWHERE}`,
      labelNames: ['status'],
      async collect() {
        const read = await backlog.get();
        this.reset();
        if (!read) return;
        for (const status of OPEN) this.set({ status }, 0);
        for (const open of read.open) this.set({ status: open.status }, open[figure]);
      },
    });
  }

  private showSuspended(registry: Registry): void {
    const { backlog } = this;
    showGauge(registry, {
      name: 'lockstep_suspended_orders',
      help: `Orders that are frozen until the operator resumes or cancels them; ${SAME_EVERYWHERE}`,
      async collect() {
        const read = await backlog.get();
        this.reset();
        if (read) this.set(read.suspended);
      },
    });
  }

  private showTimers(registry: Registry): void {
    const { backlog } = this;
    showGauge(registry, {
      name: 'lockstep_timer_lag_seconds',
      help:
        'For how long the most overdue request, lock or deadline has waited for a worker, 0 when nothing is due; ' +
        SAME_EVERYWHERE,
      labelNames: ['timer'],
      async collect() {
        const read = await backlog.get();
        this.reset();
        for (const [timer, seconds] of Object.entries(read?.late ?? {})) this.set({ timer }, seconds);
      },
    });
  }
}
