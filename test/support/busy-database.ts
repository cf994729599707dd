import type { DataSource } from 'typeorm';
import { type BusyRun, busyRun } from './busy-run.js';
import { connectDataSource } from './data-source.js';
import { createTestDatabase } from './database.js';
import { startService } from './service.js';

/** The database of a busy run, of which each test damages a copy. */
export interface BusyDatabase {
  run: BusyRun;
  copy(): Promise<BusyCopy>;
  drop(): Promise<void>;
}

export interface BusyCopy {
  url: string;
  superuserUrl: string;
  dataSource: DataSource;
  drop(): Promise<void>;
}

export async function createBusyDatabase(): Promise<BusyDatabase> {
  const service = await startService();
  const run = await busyRun(service);
  await service.app.close(); // a database is copied when nobody is connected to it
  return { run, copy: () => copyOf(service.databaseUrl), drop: () => service.stop() };
}

async function copyOf(databaseUrl: string): Promise<BusyCopy> {
  const database = await createTestDatabase(new URL(databaseUrl).pathname.slice(1));
  const dataSource = await connectDataSource(database.url);
  const drop = async (): Promise<void> => {
    await dataSource.destroy();
    await database.drop();
  };
  return { ...database, dataSource, drop };
}

/** The id of an order's latest cancellation request. */
export async function requestOf(onDatabase: DataSource, hash: string): Promise<string> {
  const [row] = await onDatabase.query<[{ id: string }]>(
    `SELECT r.id FROM cancellation_requests r JOIN orders o ON o.id = r.order_id WHERE order_hash = $1
     ORDER BY order_version DESC LIMIT 1`,
    [hash],
  );
  return row.id;
}
