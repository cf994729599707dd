import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  DatabaseClient,
  dataSourceOptions,
  DatabaseUnavailableError,
  PreparedStatement,
  RoundTrip,
  Transaction,
  withoutTimeLimits,
} from '#database';
import type { Client } from 'pg';
import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import type { TakerClient } from './support/clients.js';
import { ExternalService } from './support/external-service.js';
import { call } from './support/http.js';
import { Network } from './support/network.js';
import type { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';

/** A server that falls silent: nothing is closed, no answer comes. */
jest.setTimeout(60_000);

/** For a connection from the pool, and for the answer to one statement. */
const BOUND_MS = 5_000 + 6_000;
const SLACK_MS = 2_000;

let database: TestDatabase;
let network: Network;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  network = await Network.before(database.url);
});
afterEach(() => network.stop());

/** How long something took until it failed, and how. */
async function failure(work: Promise<unknown>): Promise<{ error: unknown; ms: number }> {
  const began = performance.now();
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, ms: performance.now() - began };
}

async function within<T>(work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const dataSource = await new DataSource(dataSourceOptions(network.url, [])).initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

test.each([
  ['a statement', (client: Client) => client.query('SELECT pg_sleep(20)')],
  [
    'a round trip',
    (client: Client) =>
      RoundTrip.over(client, [new PreparedStatement('sleep', 'SELECT pg_sleep(20)').with()]),
  ],
])('%s without an answer ends, and so does its connection', async (_, ask) => {
  const client = new DatabaseClient({ connectionString: network.url, answerTimeoutMs: 300 });
  await client.connect();
  let ended = false;
  client.on('end', () => (ended = true));
  const asked = failure(ask(client));
  const waiting = failure(client.query('SELECT 1'));
  expect((await asked).error).toMatchObject({
    message: expect.stringContaining('no answer within 300 ms'),
  });
  expect((await waiting).error).toBeInstanceOf(DatabaseUnavailableError);
  await until(() => ended && network.connections === 0, 'the connection to be closed');
});

test('an answer that has arrived while the process stood still counts', async () => {
  const client: Client = new DatabaseClient({ connectionString: database.url, answerTimeoutMs: 300 });
  await client.connect();
  const asked = client.query('SELECT pg_sleep(0.1)');
  // it is sent by then; and the clock is looked at next, before the network
  await new Promise(setImmediate);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  expect((await asked).rowCount).toBe(1);
  await client.end();
});

test('COMMIT and ROLLBACK are bounded too', async () => {
  await within(async (dataSource) => {
    const silentAtTheEnd = (throwing: boolean) =>
      failure(
        dataSource.transaction(async (manager) => {
          await manager.query('SELECT 1');
          network.fallSilent();
          if (throwing) throw new Error('to be rolled back');
        }),
      );
    const commit = await silentAtTheEnd(false);
    expect(commit.error).toMatchObject({ driverError: expect.any(DatabaseUnavailableError) });
    const rollback = await silentAtTheEnd(true);
    const sent = await failure(
      Transaction.run(dataSource, async (tx) => {
        await tx.now();
        network.fallSilent();
      }),
    );
    for (const { ms } of [commit, rollback, sent]) expect(ms).toBeLessThan(BOUND_MS + SLACK_MS);
    expect(await dataSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

test('when one connection is silent, none that is as old is used again', async () => {
  await within(async (dataSource) => {
    const runners = Array.from({ length: 5 }, () => dataSource.createQueryRunner());
    await Promise.all(runners.map((runner) => runner.query('SELECT 1')));
    const [first, second, ...others] = runners;
    await Promise.all(others.map((runner) => runner.release()));
    network.fallSilent();
    expect((await failure(first!.query('SELECT 1'))).ms).toBeGreaterThan(5_000);
    await second!.release();
    const began = performance.now();
    await Promise.all(Array.from({ length: 8 }, () => dataSource.query('SELECT 1')));
    expect(performance.now() - began).toBeLessThan(SLACK_MS);
    await first!.release();
  });
});

test('what is meant to last is let', async () => {
  await within(async (dataSource) => {
    await dataSource.transaction((manager) =>
      withoutTimeLimits(manager.queryRunner!, () => manager.query('SELECT pg_sleep(6.5)')),
    );
    expect(await dataSource.query('SHOW statement_timeout')).toEqual([{ statement_timeout: '5s' }]);
    const tooLong = await failure(dataSource.query('SELECT pg_sleep(6.5)'));
    expect(tooLong).toMatchObject({ error: { driverError: { code: '57014' } } });
    const failed = await failure(
      dataSource.transaction((manager) =>
        withoutTimeLimits(manager.queryRunner!, () => manager.query('SELECT 1 / 0')),
      ),
    );
    expect(failed.error).toMatchObject({ driverError: { code: '22012' } });
    expect(await dataSource.query('SHOW statement_timeout')).toEqual([{ statement_timeout: '5s' }]);
  });
});

describe('a running service', () => {
  let service: ExternalService;
  let instance: ServiceProcess;
  let taker: TakerClient;
  beforeEach(async () => {
    service = await ExternalService.on(database.url);
    instance = await service.start({ DATABASE_URL: network.url });
    taker = await service.newTaker();
  });
  afterEach(async () => {
    expect(await instance.stop()).toBe(0);
    await service.drop();
  });

  const calls = (count: number) =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const began = performance.now();
        const { status, body } = await call('GET', `${service.url}/api/v1/orders/available`, {
          headers: { 'x-api-key': taker.apiKey },
        });
        return { status, code: body.code, ms: performance.now() - began };
      }),
    );

  test('answers 503001 while its connections are silent, and goes on as soon as new ones answer', async () => {
    expect((await calls(60)).every(({ status }) => status === 200)).toBe(true);
    network.fallSilent();
    for (const { status, code, ms } of await calls(60)) {
      if (status !== 200) expect({ status, code }).toEqual({ status: 503, code: 503001 });
      expect(ms).toBeLessThan(BOUND_MS + SLACK_MS);
    }
    const after = await calls(60);
    expect(after.filter(({ status }) => status !== 200)).toEqual([]);
    expect(Math.max(...after.map(({ ms }) => ms))).toBeLessThan(SLACK_MS);
  });

  test('answers 503001 in time while new connections are silent too', async () => {
    network.next = 'silent';
    network.fallSilent();
    await calls(30);
    const during = await calls(30);
    expect(new Set(during.map(({ code }) => code))).toEqual(new Set([503001]));
    expect(Math.max(...during.map(({ ms }) => ms))).toBeLessThan(BOUND_MS + SLACK_MS);
    network.next = 'well';
    await until(async () => (await calls(1))[0]!.status === 200, 'calls to succeed');
    expect((await calls(30)).filter(({ status }) => status !== 200)).toEqual([]);
  });
});
