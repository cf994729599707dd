import { dataSourceOptions } from '#database';
import { OrderEvent } from '#events';
import { tradingEntities } from '#trading';
import { DataSource } from 'typeorm';

/**
 * The one DataSource of the service, its tools and its tests. An application that keeps its own database
 * gives the URL later, with `setOptions`, before it connects.
 */
export default new DataSource(
  dataSourceOptions(process.env.DATABASE_URL || undefined, [...tradingEntities, OrderEvent]),
);
