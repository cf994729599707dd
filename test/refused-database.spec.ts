import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DatabasePool, dataSourceOptions, isDatabaseAway } from '#database';
import { Client, DatabaseError } from 'pg';
import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { ExternalService } from './support/external-service.js';
import { call } from './support/http.js';
import { Network } from './support/network.js';
import type { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';

/** Whatever keeps a running service from its database is the database's: 503001, and well again afterwards. */
jest.setTimeout(60_000);

const ROLE = `refused_${process.pid}`;

describe('a running service', () => {
  let server: Client;
  let database: TestDatabase;
  let network: Network;
  let service: ExternalService;
  let instance: ServiceProcess;
  let name: string;
  beforeAll(async () => {
    database = await createTestDatabase();
    name = new URL(database.url).pathname.slice(1);
    server = new Client({ connectionString: process.env.TEST_SERVER_URL });
    await server.connect();
    await server.query(`CREATE ROLE ${ROLE} LOGIN SUPERUSER PASSWORD 'right'`);
    const url = new URL(database.url);
    url.username = ROLE;
    url.password = 'right';
    network = await Network.before(url.href);
    service = await ExternalService.on(database.url);
    await service.dataSource.destroy();
    instance = await service.start({ DATABASE_URL: network.url });
  });
  afterAll(async () => {
    expect(await instance.stop()).toBe(0);
    await network.stop();
    await database.drop();
    await server.query(`DROP ROLE ${ROLE}`);
    await server.end();
  });

  const answers = async () => {
    const { status, body, headers } = await call('GET', `${service.url}/health/ready`);
    return { status, code: body.code, retryAfter: headers.get('retry-after') };
  };
  const sql =
    (...statements: string[]) =>
    async () => {
      for (const statement of statements) await server.query(statement);
    };
  /** The service connects again at once: that nobody is connected has to be hit. */
  const rename = (from: string, to: string) => async () => {
    const renamed = () =>
      server.query(`ALTER DATABASE ${from} RENAME TO ${to}`).then(
        () => true,
        () => false,
      );
    await until(async () => {
      await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, [from]);
      return renamed();
    }, 'the new name');
  };

  test.each<[string, () => Promise<void>, () => Promise<void>]>([
    ['the role may not log in (28000)', sql(`ALTER ROLE ${ROLE} NOLOGIN`), sql(`ALTER ROLE ${ROLE} LOGIN`)],
    [
      'the password was changed (28P01)',
      sql(`ALTER ROLE ${ROLE} PASSWORD 'other'`),
      sql(`ALTER ROLE ${ROLE} PASSWORD 'right'`),
    ],
    [
      'the database is gone (3D000)',
      () => rename(name, `${name}_gone`)(),
      () => rename(`${name}_gone`, name)(),
    ],
    ['nobody listens (ECONNREFUSED)', () => network.stop(), () => network.restart()],
    [
      'its answers make no sense',
      async () => {
        network.next = 'garbled';
      },
      async () => {
        network.next = 'well';
      },
    ],
  ])('%s', async (_, spoil, mend) => {
    expect((await answers()).status).toBe(200);
    await spoil();
    network.cut();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(await answers()).toEqual({
        status: 503,
        code: 503001,
        retryAfter: expect.stringMatching(/^\d+$/),
      });
    }
    await mend();
    await until(async () => (await answers()).status === 200, 'the service to be well again');
  });
});

describe('is the database away', () => {
  const stateOf = (code: string): DatabaseError =>
    Object.assign(new DatabaseError('told', 4, 'error'), { code });

  test.each([
    '25006',
    '28000',
    '28P01',
    '3D000',
    '42501',
    '40001',
    '53300',
    '55P03',
    '57014',
    '57P03',
    '58030',
    'XX000',
  ])('with %s: yes', (code) => expect(isDatabaseAway(stateOf(code))).toBe(true));
  test.each(['22012', '23505', '42601', '42P01', 'P0001', 'LK001', '25P02', '0A000'])('with %s: no', (code) =>
    expect(isDatabaseAway(stateOf(code))).toBe(false),
  );

  test('with an error of the network: yes', async () => {
    // the broadcast address cannot be connected to
    const pool = new DatabasePool({ connectionString: 'postgres://u@255.255.255.255/d' });
    const error = await pool.connect().catch((reason: unknown) => reason);
    expect((error as Error).cause).toMatchObject({
      code: expect.stringMatching(/^E(NETUNREACH|ACCES|HOSTUNREACH)$/),
    });
    expect(isDatabaseAway(error)).toBe(true);
    await pool.end();
  });

  test('with a bug of ours: no', async () => {
    const dataSource = await new DataSource(dataSourceOptions(process.env.TEST_SERVER_URL, [])).initialize();
    const circle: { self?: object } = {};
    circle.self = circle;
    const errors = [new TypeError('x is not a function'), new Error('something'), undefined];
    errors.push(await dataSource.query('SELECT $1::text', [circle]).catch((reason: Error) => reason));
    expect(errors.at(-1)).toMatchObject({ driverError: { name: 'TypeError' } });
    for (const error of errors) expect(isDatabaseAway(error)).toBe(false);
    await dataSource.destroy();
  });
});
