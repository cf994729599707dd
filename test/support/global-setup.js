import { migrate } from '#database';
import { EmbeddedPostgres } from '#dev-postgres';
import { Client } from 'pg';
import dataSource from '../../dist/ormconfig.js';

/** One real PostgreSQL for the whole run, with a migrated template from which every test file gets its own database. */
const TEMPLATE = 'lockstep_template';
/** Nothing that is in it has to outlast the machine: databases are made and dropped ten times as fast. */
const OPTIONS = ['max_connections=600', 'max_prepared_transactions=8', 'fsync=off', 'full_page_writes=off'];

export default async function globalSetup() {
  const options = OPTIONS.map((option) => `-c ${option}`).join(' ');
  const postgres = await EmbeddedPostgres.start('.data/test', options);
  const server = new Client({ connectionString: postgres.superuserUrl() });
  await server.connect();
  await rollBackPrepared(postgres, server);
  const { rows } = await server.query("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'");
  for (const { datname } of rows) await server.query(`DROP DATABASE ${datname} WITH (FORCE)`); // of a killed run
  await server.query(`DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`);
  await server.end();
  await postgres.createDatabase(TEMPLATE);

  await dataSource.setOptions({ url: postgres.url(TEMPLATE) }).initialize();
  await migrate(dataSource, postgres.url(TEMPLATE));
  await dataSource.destroy();

  process.env.TEST_SERVER_URL = postgres.superuserUrl();
  process.env.TEST_OWNER_URL = postgres.url();
  globalThis.testPostgres = postgres;
}

/** What a killed run has prepared, each in its own database: it would keep that from being dropped. */
async function rollBackPrepared(postgres, server) {
  const { rows } = await server.query('SELECT gid, database FROM pg_prepared_xacts');
  for (const { gid, database } of rows) {
    const client = new Client({ connectionString: postgres.superuserUrl(database) });
    await client.connect();
    await client.query(`ROLLBACK PREPARED '${gid}'`);
    await client.end();
  }
}
