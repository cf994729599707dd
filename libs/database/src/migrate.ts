import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { APPLICATION_NAME } from './application-name.js';

/** Any fixed number: the advisory lock under which one instance at a time migrates. */
const MIGRATION_LOCK = 7_205_759;

/** Applies pending migrations, one instance at a time; others that start meanwhile wait. Returns the applied names. */
export async function migrate(dataSource: DataSource, url: string): Promise<string[]> {
  // A connection of its own holds the lock: it ends with the process, so a crash cannot leave it behind.
  const guard = new Client({ connectionString: url, application_name: APPLICATION_NAME });
  await guard.connect();
  try {
    await guard.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const applied = await dataSource.runMigrations();
    return applied.map((migration) => migration.name);
  } finally {
    await guard.end();
  }
}
