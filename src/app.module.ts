import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { type Settings, SettingsModule } from '#config';
import { OpenDataSourceModule } from '#database';
import { EventBusModule } from '#events';
import { TimersModule } from '#trading';
import { LoggerModule } from 'nestjs-pino';
import type { DataSource } from 'typeorm';
import { AuthModule } from './auth/auth.module.js';
import { loggerOptions } from './http/logging.js';
import { InstallationModule } from './installation/installation.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { OrdersModule } from './orders/orders.module.js';
import { PushModule } from './push/push.module.js';

@Module({})
export class AppModule {
  /** The service over an open DataSource, which it closes when it stops; `beside` are modules that are no part of it. */
  static with(
    settings: Settings,
    dataSource: DataSource,
    beside: (Type | DynamicModule)[] = [],
  ): DynamicModule {
    return {
      module: AppModule,
      imports: [
        SettingsModule.with(settings),
        LoggerModule.forRoot(loggerOptions(settings)),
        OpenDataSourceModule.with(dataSource),
        EventBusModule.with(settings),
        AuthModule,
        OrdersModule,
        PushModule,
        InstallationModule,
        OperationsModule,
        ...(settings.WORKER === 'inline' ? [TimersModule] : []),
        ...beside,
      ],
    };
  }
}
