import { type EmbeddedPostgres, migrate } from '#database';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';

/** Connects to a database of the bench's cluster, made and migrated if need be, or made anew. Returns its URL. */
export async function openBenchDatabase(
  postgres: EmbeddedPostgres,
  dataSource: DataSource,
  name: string,
  anew = false,
): Promise<string> {
  const server = new Client({ connectionString: postgres.url('postgres') });
  await server.connect();
  if (anew) await server.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  const { rowCount } = await server.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (rowCount === 0) await server.query(`CREATE DATABASE ${name}`);
  await server.end();
  const url = postgres.url(name);
  await dataSource.setOptions({ url, extra: { hasTimeLimits: false } }).initialize();
  await migrate(dataSource, url);
  return url;
}
