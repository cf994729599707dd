import { resolve } from 'node:path';
import { type DatabaseSettings, LaunchError, type Settings } from '#config';
import { asLaunchError, migrate, refuseTransactionPooling } from '#database';
import type { DataSource } from 'typeorm';
import { EmbeddedPostgres } from './embedded-postgres.js';

export interface OpenDatabase {
  /** Whether the database is the embedded one under DATA_DIR. */
  embedded: boolean;
  url: string;
  /** Closes the connections and stops the embedded database, unless another process works on it. */
  close(): Promise<void>;
}

/** For tools: the embedded database, where it would be used, must be there. They make none that nobody asked for. */
export function requireDatabase({ DATABASE_URL, DATA_DIR }: DatabaseSettings): void {
  if (DATABASE_URL || EmbeddedPostgres.isIn(DATA_DIR)) return;
  throw new LaunchError(
    `there is no embedded database in ${resolve(DATA_DIR)} (DATA_DIR): set DATABASE_URL, or start the service there first`,
  );
}

/** Connects the DataSource: to DATABASE_URL, or else to the embedded PostgreSQL of DATA_DIR, started if need be. */
export async function openDatabase(
  settings: DatabaseSettings,
  dataSource: DataSource,
): Promise<OpenDatabase> {
  const embedded = settings.DATABASE_URL ? undefined : await EmbeddedPostgres.start(settings.DATA_DIR);
  const url = settings.DATABASE_URL ?? embedded!.url();
  const close = async (): Promise<void> => {
    if (dataSource.isInitialized) await dataSource.destroy();
    await embedded?.stopUnlessInUse();
  };
  try {
    await dataSource.setOptions({ url }).initialize();
    await refuseTransactionPooling(dataSource);
  } catch (error) {
    await close();
    throw asLaunchError(error, url);
  }
  return { embedded: embedded !== undefined, url, close };
}

/** The same, with the schema brought up to date, or with MIGRATIONS=off found to be so. */
export async function openPreparedDatabase(
  settings: Settings,
  dataSource: DataSource,
): Promise<OpenDatabase> {
  const database = await openDatabase(settings, dataSource);
  try {
    await prepareSchema(settings, dataSource, database.url);
    return database;
  } catch (error) {
    await database.close();
    throw asLaunchError(error, database.url);
  }
}

async function prepareSchema(settings: Settings, dataSource: DataSource, url: string): Promise<void> {
  if (settings.MIGRATIONS === 'on') {
    await migrate(dataSource, url);
  } else if (await dataSource.showMigrations()) {
    throw new LaunchError(
      'migrations are pending and MIGRATIONS is off: apply them with the command "migrate" of the admin tool',
    );
  }
}
