import { Module } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { watchProcess } from './process-metrics.js';

/**
 * The figures that an application shows to Prometheus. Whoever has one to show makes it on this registry; the one that
 * is global to the process would mix the applications of a test. The process comes first: a scrape reads its pool
 * before the scrape's own queries are in it.
 */
@Module({
  providers: [
    {
      provide: Registry,
      inject: [getDataSourceToken()],
      useFactory: (dataSource: DataSource) => {
        const registry = new Registry();
        watchProcess(registry, dataSource);
        return registry;
      },
    },
  ],
  exports: [Registry],
})
export class MetricsModule {}
