import type { DataSource } from 'typeorm';
import dataSource from '../../ormconfig.js';

/** Connects the one DataSource of this process. A test file that failed half-way may have left it connected. */
export async function connectDataSource(url: string): Promise<DataSource> {
  if (dataSource.isInitialized) await dataSource.destroy();
  return dataSource.setOptions({ url }).initialize();
}
