import { migrate } from '#database';
import type { EmbeddedPostgres } from '#dev-postgres';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';

/** Makes a database of the bench's cluster if need be, or anew. Returns its URL. */
export async function createBenchDatabase(
  postgres: EmbeddedPostgres,
  name: string,
  anew: boolean,
): Promise<string> {
  if (anew) await asSuperuser(postgres, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await postgres.createDatabase(name);
  return postgres.url(name);
}

/** Connects to such a database, and migrates it. Returns its URL. */
export async function openBenchDatabase(
  postgres: EmbeddedPostgres,
  dataSource: DataSource,
  name: string,
  anew = false,
): Promise<string> {
  const url = await createBenchDatabase(postgres, name, anew);
  await dataSource.setOptions({ url, extra: { hasTimeLimits: false } }).initialize();
  await migrate(dataSource, url);
  return url;
}

export async function asSuperuser(postgres: EmbeddedPostgres, sql: string): Promise<void> {
  const server = new Client({ connectionString: postgres.superuserUrl() });
  await server.connect();
  await server.query(sql);
  await server.end();
}
