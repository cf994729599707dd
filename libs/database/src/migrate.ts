import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { type DataSource, MigrationExecutor } from 'typeorm';
import { DatabaseClient } from './database-client.js';
import { asLaunchError } from './launch-errors.js';
import { withoutTimeLimits } from './time-limits.js';

/** Any fixed number: the advisory lock under which one instance at a time migrates. */
const MIGRATION_LOCK = 7_205_759;
/** A statement that waits for the lock would hold up the making of an index under it, which waits for all statements. */
const LOCK_INTERVAL_MS = 200;

/** Applies pending migrations, one instance at a time; others that start meanwhile wait. Returns the applied names. */
export async function migrate(dataSource: DataSource, url: string): Promise<string[]> {
  // A connection of its own holds the lock: it ends with the process, so a crash cannot leave it behind.
  const guard = new DatabaseClient({ connectionString: url });
  try {
    await guard.connect();
    await takeLock(guard);
    return await applyPending(dataSource);
  } catch (error) {
    throw asLaunchError(error, url);
  } finally {
    await guard.end();
  }
}

async function takeLock(guard: Client): Promise<void> {
  const attempt = 'SELECT pg_try_advisory_lock($1) AS taken';
  while (!(await guard.query<{ taken: boolean }>(attempt, [MIGRATION_LOCK])).rows[0]!.taken) {
    await delay(LOCK_INTERVAL_MS);
  }
}

async function applyPending(dataSource: DataSource): Promise<string[]> {
  const queryRunner = dataSource.createQueryRunner();
  try {
    const executor = new MigrationExecutor(dataSource, queryRunner);
    executor.transaction = 'each';
    const applied = await withoutTimeLimits(queryRunner, () => executor.executePendingMigrations());
    return applied.map((migration) => migration.name);
  } finally {
    await queryRunner.release();
  }
}
