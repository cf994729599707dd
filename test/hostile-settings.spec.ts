import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { DatabaseClient } from '#database';
import { Client } from 'pg';
import { AdminTool } from './support/admin-tool.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { ExternalService } from './support/external-service.js';
import { askedOrder, succeeded } from './support/handshake.js';

/** A database and a role whose settings are all other than the service needs them. */
jest.setTimeout(120_000);

const ROLE = `hostile_${process.pid}`;
const OF_THE_DATABASE = {
  DateStyle: "'SQL, DMY'",
  IntervalStyle: "'sql_standard'",
  TimeZone: "'Asia/Kathmandu'",
  default_transaction_isolation: "'serializable'",
  default_transaction_read_only: 'on',
  default_transaction_deferrable: 'on',
  search_path: "'nowhere'",
  statement_timeout: "'1ms'",
  lock_timeout: "'1ms'",
  idle_in_transaction_session_timeout: "'1ms'",
  idle_session_timeout: "'500ms'",
};
const OF_THE_ROLE = {
  standard_conforming_strings: 'off',
  bytea_output: "'escape'",
  client_encoding: "'LATIN1'",
};

let server: Client;
let database: TestDatabase;
let url: string;
beforeAll(async () => {
  database = await createTestDatabase('template0');
  server = new Client({ connectionString: process.env.TEST_SERVER_URL });
  await server.connect();
  const name = new URL(database.url).pathname.slice(1);
  await server.query(`CREATE ROLE ${ROLE} LOGIN PASSWORD 'hostile'`);
  await server.query(`ALTER DATABASE ${name} OWNER TO ${ROLE}`);
  for (const [setting, value] of Object.entries(OF_THE_DATABASE)) {
    await server.query(`ALTER DATABASE ${name} SET ${setting} = ${value}`);
  }
  for (const [setting, value] of Object.entries(OF_THE_ROLE)) {
    await server.query(`ALTER ROLE ${ROLE} SET ${setting} = ${value}`);
  }
  const address = new URL(database.url);
  address.username = ROLE;
  address.password = 'hostile';
  url = address.href;
});
afterAll(async () => {
  await database.drop();
  await server.query(`DROP ROLE ${ROLE}`);
  await server.end();
});

test('each connection has the settings that the service needs', async () => {
  const names = [...Object.keys(OF_THE_DATABASE), ...Object.keys(OF_THE_ROLE)];
  const settings = 'SELECT name, setting FROM pg_settings WHERE name = ANY($1)';
  const client: Client = new DatabaseClient({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ name: string; setting: string }>(settings, [names]);
  const { rows: database_encoding } = await client.query("SELECT 'ä' = U&'\\00E4' AS same");
  await client.end();
  expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
    DateStyle: 'ISO, MDY',
    IntervalStyle: 'postgres',
    TimeZone: 'UTC',
    default_transaction_isolation: 'read committed',
    default_transaction_read_only: 'off',
    default_transaction_deferrable: 'off',
    search_path: '"$user", public',
    statement_timeout: '5000',
    lock_timeout: '0',
    idle_in_transaction_session_timeout: '10000',
    idle_session_timeout: '0',
    standard_conforming_strings: 'on',
    bytea_output: 'hex',
    client_encoding: 'UTF8',
  });
  expect(database_encoding).toEqual([{ same: true }]);
});

test('the service migrates, serves whole handshakes and lists, and so do its tools', async () => {
  const migrated = await new AdminTool(url).json('migrate');
  expect(migrated.applied).not.toEqual([]);
  const service = await ExternalService.on(url);
  const instance = await service.start({ WORKER: 'inline' });
  const { taker, maker, hash, id, requestId } = await askedOrder(service);
  const [socket, other] = await Promise.all([maker.socket(), taker.socket()]);
  const pushed = await other.hearAbout('cancellation_request', hash);
  expect(pushed.data).toMatchObject({ metadata: { request_id: requestId } });
  succeeded(await taker.answer(hash, true), 200);
  await socket.hear(({ data }) => data.order_hash === hash && data.to_status === 'cancelled');
  expect(await maker.order(id)).toMatchObject({ status: 'cancelled' });
  for (const path of [
    '/orders/available',
    '/takers/orders',
    '/orders/filled',
    '/takers/cancellation-requests',
  ]) {
    succeeded(await taker.call('GET', path), 200);
  }
  const listed = succeeded(await maker.call('GET', '/orders'), 200).body.data;
  expect(JSON.stringify(listed)).toContain(hash);
  const history = await new AdminTool(url).text('order', 'show', hash);
  expect(history).toContain(hash);
  await Promise.all([socket.close(), other.close()]);
  expect(await instance.stop()).toBe(0);
  await service.drop();
});
