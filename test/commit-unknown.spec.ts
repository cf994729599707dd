import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CommitUnknownError, isDatabaseAway, oldestCommitSeconds, Transaction } from '#database';
import { PostgresProxy } from './faults/postgres-proxy.js';
import { loginOf, type MakerClient, type TakerClient } from './support/clients.js';
import { ExternalService } from './support/external-service.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { type Answer, call } from './support/http.js';
import { expectInvariants } from './support/invariants.js';
import { expectRefusal, UNAVAILABLE } from './support/refused.js';
import type { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';

/** COMMIT is sent and its answer never comes: nobody knows whether it was done, and callers are told just that. */
jest.setTimeout(120_000);

let service: ExternalService;
let proxy: PostgresProxy;
let instance: ServiceProcess;
let maker: MakerClient;
let taker: TakerClient;
beforeAll(async () => {
  service = await ExternalService.prepare();
  proxy = await PostgresProxy.before(new URL(service.environment.DATABASE_URL!));
  instance = await service.start({ DATABASE_URL: proxy.url });
  [maker, taker] = [await service.newMaker(), await service.newTaker()];
});
afterEach(() => expectInvariants(service.dataSource));
afterAll(async () => {
  expect(await instance.stop()).toBe(0);
  await proxy.stop();
  await service.drop();
});

/** A call whose COMMIT is done, which nobody hears of; then the same call again. */
async function lostAndRepeated(act: () => Promise<Answer>): Promise<Answer> {
  const lost = proxy.repliesLost;
  proxy.repliesToLose = 1;
  const answer = await act();
  expect(proxy.repliesLost).toBe(lost + 1);
  expectRefusal(answer, UNAVAILABLE, /whether this call was done is not known; it may be repeated/);
  expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  return act();
}

const statusOf = async (id: string): Promise<string> => (await maker.order(id)).status;
const asked = () => askedOrder(service, { maker, taker });
const locked = () => lockedOrder(service, { maker, taker });

test('a lock: the same lock', async () => {
  const { order_hash, id } = await maker.place();
  succeeded(await lostAndRepeated(() => taker.lock(order_hash)), 200);
  expect(await statusOf(id)).toBe('locked');
});

test.each([true, false])('a verdict, %s: the same answer', async (verdict) => {
  const { hash, id } = await asked();
  succeeded(await lostAndRepeated(() => taker.answer(hash, verdict)), 200);
  expect(await statusOf(id)).toBe(verdict ? 'cancelled' : 'locked');
});

test('a fill: the same fill, counted once', async () => {
  const { placed, id } = await locked();
  succeeded(await lostAndRepeated(() => taker.fill(placed)), 200);
  expect((await maker.order(id)).fills).toHaveLength(1);
});

test('a request to cancel: the same request', async () => {
  const { id } = await locked();
  succeeded(await lostAndRepeated(() => maker.cancel(id)), 202);
  const [{ requests }] = await service.dataSource.query<[{ requests: number }]>(
    'SELECT count(*)::int AS requests FROM cancellation_requests WHERE order_id = $1',
    [id],
  );
  expect(requests).toBe(1);
});

test('cancelling, unlocking, rejecting: the repeated call is refused by what the order has become', async () => {
  const { id } = await maker.place();
  expect((await lostAndRepeated(() => maker.cancel(id))).body.code).toBe(409005);
  const [given, refused] = [await locked(), await locked()];
  expect((await lostAndRepeated(() => taker.unlock(given.hash))).body.code).toBe(409001);
  expect((await lostAndRepeated(() => taker.reject(refused.hash))).body.code).toBe(409001);
  expect([await statusOf(id), await statusOf(given.id), await statusOf(refused.id)]).toEqual([
    'cancelled',
    'pending',
    'rejected',
  ]);
});

test('placing: the nonce is used, and the refusal says where to see whether by this very order', async () => {
  const terms = maker.terms();
  const json = { order: terms, signature: await maker.sign(terms) };
  const again = await lostAndRepeated(() => maker.call('POST', '/orders', { json }));
  expect(again.body.code).toBe(409006);
  const { order_hash } = await maker.order(maker.hash(terms));
  expect(again.body.details).toContain(`GET /api/v1/orders/${order_hash}`);
});

test('a login: its nonce is used', async () => {
  const json = await loginOf(maker.wallet, service.settings.EIP712_CHAIN_ID);
  const again = await lostAndRepeated(() => call('POST', `${service.url}/api/v1/makers/connect`, { json }));
  expect(again).toMatchObject({ status: 400, body: { message: 'Nonce already used' } });
});

describe('in the process', () => {
  beforeAll(async () => {
    await service.dataSource.query(`
      CREATE TABLE committed (number integer);
      CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.number = 1 THEN PERFORM pg_sleep(60); ELSE RAISE EXCEPTION 'refused at COMMIT'; END IF;
        RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON committed DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION at_commit()`);
  });

  test('an error of its own, which nothing tries again; the gauge shows for how long it has been waited for', async () => {
    const { dataSource } = service;
    expect(oldestCommitSeconds(dataSource)).toBe(0);
    let pid = 0;
    let tries = 0;
    const failure = Transaction.withManager(dataSource, async (manager) => {
      tries += 1;
      [{ pid }] = await manager.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid');
      await manager.query('INSERT INTO committed VALUES (1)');
    }).catch((reason: unknown) => reason);
    await until(() => oldestCommitSeconds(dataSource) > 1, 'the commit to take long');
    await dataSource.query('SELECT pg_terminate_backend($1)', [pid]);
    const error = await failure;
    expect(error).toBeInstanceOf(CommitUnknownError);
    expect(isDatabaseAway(error)).toBe(true);
    expect(tries).toBe(1);
    expect(oldestCommitSeconds(dataSource)).toBeGreaterThan(1);
    await Transaction.run(dataSource, (database) => database.now());
    expect(oldestCommitSeconds(dataSource)).toBe(0);
  });

  test('a COMMIT that PostgreSQL refuses is no such case', async () => {
    const { dataSource } = service;
    const error: unknown = await Transaction.withManager(dataSource, (manager) =>
      manager.query('INSERT INTO committed VALUES (2)'),
    ).catch((reason) => reason);
    expect(error).toMatchObject({ message: 'refused at COMMIT' });
    expect(error).not.toBeInstanceOf(CommitUnknownError);
    expect(oldestCommitSeconds(dataSource)).toBe(0);
    expect(await dataSource.query('SELECT * FROM committed')).toEqual([]);
  });
});
