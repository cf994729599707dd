import { type DynamicModule, Module } from '@nestjs/common';
import { type Settings, SettingsModule } from '#config';
import { OpenDataSourceModule } from '#database';
import { TradingModule } from '#trading';
import type { DataSource } from 'typeorm';

@Module({})
export class AdminModule {
  static with(settings: Settings, dataSource: DataSource): DynamicModule {
    return {
      module: AdminModule,
      imports: [SettingsModule.with(settings), OpenDataSourceModule.with(dataSource), TradingModule],
    };
  }
}
