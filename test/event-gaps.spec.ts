import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort, TRANSACTION_LIMIT_MS } from '#database';
import { eventId, OrderEvent } from '#events';
import { Client } from 'pg';
import { askedOrder, succeeded } from './support/handshake.js';
import { MetricsPage } from './support/metrics.js';
import { besideTransaction, writeEvent } from './support/other-transaction.js';
import { ServiceProcess } from './support/service-process.js';
import { startService, TEST_ENVIRONMENT, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** Numbers of the log that are missing, and transactions of others that go on and on: what of it keeps pushes back. */
const OVERDUE_PATIENCE_MS = 3 * TRANSACTION_LIMIT_MS;

let service: TestService;
const foreigners: Client[] = [];
beforeAll(async () => {
  service = await startService();
});
afterEach(async () => {
  const prepared = await service.dataSource.query(
    'SELECT gid FROM pg_prepared_xacts WHERE database = current_database()',
  );
  for (const { gid } of prepared) await service.dataSource.query(`ROLLBACK PREPARED '${gid}'`);
  await Promise.all(foreigners.splice(0).map((client) => client.end()));
});
afterAll(() => service.stop());

/** A connection of another program. */
async function foreigner(url = service.databaseUrl): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: 'psql' });
  await client.connect();
  foreigners.push(client);
  return client;
}

const figure = async (name: string, labels = {}): Promise<number> =>
  (await MetricsPage.of(service.url)).value(name, labels) ?? 0;
const passedOver = (verdict: string): Promise<number> =>
  figure('lockstep_tail_passed_over_total', { verdict });

/** A whole handshake, each push heard in time, and a taker that comes back gets what it has not answered. */
async function expectPushes(): Promise<void> {
  const [maker, taker] = [await service.newMaker(), await service.newTaker()];
  const [ofMaker, ofTaker] = [await maker.socket(), await taker.socket()];
  const { hash, requestId } = await askedOrder(service, { maker, taker });
  await ofTaker.hearAbout('cancellation_request', hash);
  const back = await taker.socket();
  const again = await back.hear(({ data }) => data?.metadata?.redelivered === true);
  expect(again.data.metadata.request_id).toBe(requestId);
  succeeded(await taker.answer(hash, true), 200);
  await ofMaker.hear(({ data }) => data?.order_hash === hash && data.to_status === 'cancelled');
  await Promise.all([ofMaker, ofTaker, back].map((socket) => socket.close()));
}

describe("somebody else's transaction that has written and goes on keeps nothing back", () => {
  test.each([
    ['in the same database', () => service.databaseUrl],
    ['in another database of the cluster', () => process.env.TEST_SERVER_URL!],
  ])('%s', async (_, url) => {
    const client = await foreigner(url());
    await client.query('BEGIN');
    await client.query('SELECT pg_current_xact_id()');
    await expectPushes();
    expect(await figure('lockstep_tail_gap_seconds')).toBe(0);
  });

  test('and one that is prepared', async () => {
    const client = await foreigner();
    await client.query('BEGIN');
    await client.query('CREATE TABLE elsewhere ()');
    await client.query(`PREPARE TRANSACTION 'forgotten'`);
    await expectPushes();
  });

  test('and one that dumps the database', async () => {
    const client = await foreigner();
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await client.query('SELECT pg_current_xact_id(), last_value FROM order_events_seq');
    await client.query('SELECT count(*) FROM order_events');
    const before = await passedOver('dead');
    await rollBackAnEvent();
    await expectPushes();
    expect(await passedOver('dead')).toBe(before + 1);
  });
});

async function rollBackAnEvent(): Promise<void> {
  const maker = await service.newMaker();
  const { id } = await maker.place();
  await besideTransaction(service.dataSource, async (other) => {
    await writeEvent(other, id);
    await other.rollbackTransaction();
  });
}

test('a number whose transaction was rolled back is passed over', async () => {
  const before = await passedOver('dead');
  await rollBackAnEvent();
  await expectPushes();
  expect(await passedOver('dead')).toBe(before + 1);
});

test('a number that a transaction of ours has is waited for, and then comes', async () => {
  const maker = await service.newMaker();
  const socket = await maker.socket();
  const early = await maker.place();
  await socket.hearAbout('order_status_change', early.order_hash);
  await besideTransaction(service.dataSource, async (other) => {
    await writeEvent(other, early.id);
    await maker.place();
    await until(async () => (await figure('lockstep_tail_gap_seconds')) > 0.3, 'the gap to show');
    expect(socket.messages).toHaveLength(1);
  });
  await until(() => socket.messages.length === 3, 'both events');
  expect(await figure('lockstep_tail_gap_seconds')).toBe(0);
  await socket.close();
});

test('an open request is redelivered to one who has heard more elsewhere than this instance has read', async () => {
  const [maker, taker] = [await service.newMaker(), await service.newTaker()];
  const early = await maker.place();
  await besideTransaction(service.dataSource, async (other) => {
    await writeEvent(other, early.id);
    const { requestId } = await askedOrder(service, { maker, taker });
    const asked = await service.dataSource
      .getRepository(OrderEvent)
      .findOneByOrFail({ request_id: requestId, type: 'cancellation_request' });
    const socket = await taker.socket(undefined, { after: eventId(asked) });
    const again = await socket.hear(({ data }) => data?.metadata?.redelivered === true);
    expect(again).toMatchObject({ id: eventId(asked), data: { metadata: { request_id: requestId } } });
    await socket.close();
  });
});

test(
  'an instance that starts meanwhile does not wait for it, and hears of it, too',
  async () => {
    const maker = await service.newMaker();
    const early = await maker.place();
    const port = String(await freePort());
    const started = await besideTransaction(service.dataSource, async (other) => {
      await writeEvent(other, early.id);
      await maker.place();
      const instance = await ServiceProcess.start({
        ...TEST_ENVIRONMENT,
        LOG_LEVEL: 'info',
        DATABASE_URL: service.databaseUrl,
        PORT: port,
      });
      return { instance, socket: await maker.socket(undefined, { url: `http://127.0.0.1:${port}` }) };
    });
    await started.socket.hear(
      ({ data }) => data?.order_hash === early.order_hash && data.from_status !== null,
    );
    await started.socket.close();
    expect(await started.instance.stop()).toBe(0);
  },
  OVERDUE_PATIENCE_MS,
);

describe('a number that another program has is waited for no longer than a transaction of ours can last', () => {
  test.each([
    ['in an open transaction', undefined],
    ['in a prepared one', 'holding'],
  ])(
    '%s',
    async (_, name) => {
      const maker = await service.newMaker();
      const socket = await maker.socket();
      const client = await foreigner();
      const before = await passedOver('overdue');
      await client.query('BEGIN');
      await client.query(`SELECT nextval('order_events_seq')`);
      if (name) await client.query(`PREPARE TRANSACTION '${name}'`);
      const { order_hash } = await maker.place();
      await until(
        () => socket.messages.some(({ data }) => data?.order_hash === order_hash),
        'the push',
        OVERDUE_PATIENCE_MS,
      );
      expect(await passedOver('overdue')).toBe(before + 1);
      await socket.close();
    },
    OVERDUE_PATIENCE_MS,
  );
});
