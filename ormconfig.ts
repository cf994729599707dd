import { dataSourceOptions } from '#database';
import { OrderEvent } from '#events';
import { tradingEntities } from '#trading';
import { DataSource } from 'typeorm';

/**
 * The one DataSource of the service, its tools and its tests. An application gives the URL later, with `setOptions`,
 * before it connects. That of the environment is for TypeORM's command line; TypeORM would read it at once, and wrongly.
 */
export default new DataSource(dataSourceOptions(undefined, [...tradingEntities, OrderEvent])).setOptions({
  url: process.env.DATABASE_URL || undefined,
});
