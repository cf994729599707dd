import type { QueryRunner } from 'typeorm';
import type { DatabaseClient } from './database-client.js';
import { statementTimeout } from './session-settings.js';

/** For statements that are meant to last: lifts the time limits of a connection, at the server and here, while they run. */
export async function withoutTimeLimits<T>(queryRunner: QueryRunner, work: () => Promise<T>): Promise<T> {
  const client = (await queryRunner.connect()) as DatabaseClient;
  const { hasTimeLimits } = client;
  client.hasTimeLimits = false;
  try {
    await queryRunner.query(statementTimeout(false));
    return await work();
  } finally {
    client.hasTimeLimits = hasTimeLimits;
    // a transaction that has failed takes its settings back by itself
    await queryRunner.query(statementTimeout(hasTimeLimits)).catch(() => {});
  }
}
