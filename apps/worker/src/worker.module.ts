import { type DynamicModule, Module } from '@nestjs/common';
import { type Settings, SettingsModule } from '#config';
import { OpenDataSourceModule } from '#database';
import { EventBusModule } from '#events';
import { MetricsModule } from '#metrics';
import { type Tracer, TracingModule } from '#tracing';
import { TimersModule } from '#trading';
import { LoggerModule } from 'nestjs-pino';
import type { DataSource } from 'typeorm';
import { MetricsServer } from './metrics-server.js';

@Module({})
export class WorkerModule {
  static with(settings: Settings, dataSource: DataSource, tracer: Tracer | undefined): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        SettingsModule.with(settings),
        LoggerModule.forRoot({ pinoHttp: { level: settings.LOG_LEVEL } }),
        OpenDataSourceModule.with(dataSource),
        EventBusModule.with(settings),
        MetricsModule,
        TimersModule,
        ...(tracer ? [TracingModule.with(tracer)] : []),
      ],
      providers: [MetricsServer],
    };
  }
}
