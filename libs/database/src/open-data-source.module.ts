import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';

/** Makes a DataSource that is open already injectable; it is closed when the application is. */
@Module({})
export class OpenDataSourceModule {
  static with(dataSource: DataSource): DynamicModule {
    return {
      module: OpenDataSourceModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => dataSource.options,
          dataSourceFactory: () => Promise.resolve(dataSource),
        }),
      ],
    };
  }
}
