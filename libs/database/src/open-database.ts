import { type DatabaseSettings, LaunchError, type Settings } from '#config';
import type { DataSource } from 'typeorm';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { migrate } from './migrate.js';

export interface OpenDatabase {
  /** Whether the database is the embedded one under DATA_DIR. */
  embedded: boolean;
  url: string;
  /** Closes the connections and stops the embedded database, unless another process works on it. */
  close(): Promise<void>;
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
  } catch (error) {
    await close();
    const { host, pathname } = new URL(url);
    throw new LaunchError(`cannot use the database at ${host}${pathname}: ${reasonOf(error)}`);
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
    throw error;
  }
}

async function prepareSchema(settings: Settings, dataSource: DataSource, url: string): Promise<void> {
  if (settings.MIGRATIONS === 'on') {
    await migrate(dataSource, url);
  } else if (await dataSource.showMigrations()) {
    throw new LaunchError('migrations are pending and MIGRATIONS is off: run "npm run admin -- migrate"');
  }
}

/** Connection errors to several addresses of a host come as one error without a message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return (error as Error).message;
}
