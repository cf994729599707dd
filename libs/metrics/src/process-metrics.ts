import { collectDefaultMetrics, type Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { showGauge } from './show-gauge.js';
import { poolOf } from './typeorm-pool.js';

/** What every process of the service shows: itself, and its connections to the database. */
export function watchProcess(registry: Registry, dataSource: DataSource): void {
  collectDefaultMetrics({ register: registry });
  showGauge(registry, {
    name: 'lockstep_database_connections',
    help: 'Connections of this process to the database',
    labelNames: ['state'],
    collect() {
      const { totalCount, idleCount } = poolOf(dataSource);
      this.set({ state: 'in_use' }, totalCount - idleCount);
      this.set({ state: 'idle' }, idleCount);
    },
  });
  showGauge(registry, {
    name: 'lockstep_database_connection_waiters',
    help: 'What waits in this process for a connection to the database; above 0 for long, the pool is too small',
    collect() {
      this.set(poolOf(dataSource).waitingCount);
    },
  });
}
