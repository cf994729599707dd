import { LaunchError } from '#config';
import type { DataSource, QueryRunner } from 'typeorm';
import type { DatabaseClient } from './database-client.js';

/**
 * A pooler in transaction or statement mode gives each transaction another connection to the server: locks, LISTEN and
 * settings, which live with a connection, are lost without an error. It shows when two connections are found on one.
 */
export async function refuseTransactionPooling(dataSource: DataSource): Promise<void> {
  const [one, other] = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
  try {
    const { processID } = (await one.connect()) as DatabaseClient & { processID: number };
    const ofOne = await backendOf(one);
    if (ofOne === processID) return; // no pooler between
    const ofOther = await backendOf(other);
    if (ofOne !== ofOther) {
      await other.startTransaction();
      const ofItsTransaction = await backendOf(other);
      const ofOneMeanwhile = await backendOf(one);
      await other.commitTransaction();
      if (ofOne === ofOneMeanwhile && ofOther === ofItsTransaction) return;
    }
  } finally {
    await Promise.all([one.release(), other.release()]);
  }
  throw new LaunchError(
    'a pooler before the database gives each transaction another connection: ' +
      'set pool_mode=session (PgBouncer), or connect to PostgreSQL itself in DATABASE_URL',
  );
}

async function backendOf(queryRunner: QueryRunner): Promise<number> {
  const [{ pid }] = await queryRunner.manager.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid');
  return pid;
}
