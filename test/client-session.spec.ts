import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Verdict } from '#client';
import type { TakerClient } from './support/clients.js';
import { type Decide, Diary, type DiaryOptions, thinking } from './support/diary.js';
import { ExternalService } from './support/external-service.js';
import { type AskedOrder, askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { START_PATIENCE_MS, type ServiceProcess } from './support/service-process.js';
import { TroubledProxy } from './support/troubled-proxy.js';
import { until } from './support/until.js';

/** A taker's session through a bad network: whatever is lost, each request gets one verdict, and that is recorded. */
const EVERYTHING_BUT_TIMEOUTS = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
] as const;
const AGREED: Verdict = { cancel: true, message: 'Not traded yet' };

let service: ExternalService;
let instance: ServiceProcess;
let proxy: TroubledProxy;
beforeAll(async () => {
  service = await ExternalService.prepare();
  instance = await service.start();
}, START_PATIENCE_MS);
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await instance.stop();
  await service.drop();
});

let taker: TakerClient;
beforeEach(async () => {
  proxy = await TroubledProxy.before(service.url);
  taker = await service.newTaker();
});
afterEach(() => proxy.stop());

/** A session of the taker, through the proxy. */
const listen = (decide: Decide, options?: DiaryOptions) => Diary.open(taker, proxy.url, decide, options);
const recorded = async ({ maker, id }: AskedOrder) => (await maker.order(id)).cancellation;

test('a request is put to the callback and answered with its verdict', async () => {
  const diary = await listen(() => AGREED);
  const order = await askedOrder(service, { taker });
  await diary.hearsOf(order.hash, 'cancelled');
  expect(diary.asked).toEqual([
    {
      order_hash: order.hash,
      maker: order.maker.address,
      reason: 'user_requested',
      metadata: expect.objectContaining({ request_id: order.requestId, on_timeout: 'keep_locked' }),
    },
  ]);
  expect(await recorded(order)).toMatchObject({
    status: 'accepted',
    resolved_by: 'answer',
    message: AGREED.message,
  });
  await diary.session.close();
  await diary.session.ended;
  expect(diary.problems).toEqual([]);
});

test('many requests at once are answered side by side, each once', async () => {
  proxy.troubles.push(...Array.from({ length: 20 }, () => 'cut' as const));
  const diary = await listen(() => AGREED);
  const maker = await service.newMaker();
  await Promise.all(Array.from({ length: 20 }, () => askedOrder(service, { taker, maker })));
  await until(() => diary.answered.length === 20, 'all answers', START_PATIENCE_MS);
  await diary.session.close();
  expect([diary.asked.length, diary.problems.length, proxy.answers.length]).toEqual([20, 20, 40]);
});

describe('the connection', () => {
  test(
    'comes back after kill -9 of the service, and nobody is asked twice',
    async () => {
      const { decide, verdict } = thinking();
      const diary = await listen(() => verdict);
      const order = await askedOrder(service, { taker });
      await until(() => diary.asked.length > 0, 'the request');
      await instance.stop('SIGKILL');
      decide({ cancel: false, message: 'Already trading' });
      await until(() => diary.problems.length > 1, 'the session to notice');
      instance = await service.start();
      await until(() => diary.answered.length > 0, 'the answer to be recorded', START_PATIENCE_MS);
      expect(await recorded(order)).toMatchObject({ status: 'rejected', message: 'Already trading' });
      await until(() => proxy.opened === 2, 'the second connection', START_PATIENCE_MS);
      const later = await lockedOrder(service, { taker });
      await diary.hearsOf(later.hash, 'locked');
      expect(diary.asked).toHaveLength(1);
      await diary.session.close();
    },
    2 * START_PATIENCE_MS,
  );

  test('is made once the service is there', async () => {
    const { port } = new URL(proxy.url);
    await proxy.stop();
    const problems: unknown[] = [];
    const opening = taker.library(proxy.url).listen({
      onCancellationRequest: () => AGREED,
      onProblem: (problem) => problems.push(problem),
    });
    await until(() => problems.length > 0, 'a connect in vain');
    proxy = await TroubledProxy.before(service.url, Number(port));
    const session = await opening;
    await session.close();
    expect(proxy.upgrades).toBe(1);
  });

  test('is made anew when nothing is heard for two heartbeats', async () => {
    jest.useFakeTimers({ doNotFake: [...EVERYTHING_BUT_TIMEOUTS] });
    const { decide, verdict } = thinking();
    const diary = await listen(() => verdict);
    const order = await askedOrder(service, { taker });
    await until(() => diary.asked.length > 0, 'the request');
    proxy.freezeSockets();
    jest.advanceTimersByTime(64_000);
    expect(diary.problems).toEqual([]);
    jest.advanceTimersByTime(1_000);
    jest.useRealTimers();
    await until(() => proxy.opened === 2, 'the second connection');
    decide(AGREED);
    await diary.hearsOf(order.hash, 'cancelled');
    await diary.session.close();
  });

  test('that is refused for good ends the session, and says why', async () => {
    const diary = await listen(() => AGREED);
    await service.dataSource.query('UPDATE api_keys SET revoked_at = clock_timestamp() WHERE id = $1', [
      taker.keyId,
    ]);
    let ended = false;
    diary.session.ended.catch(() => (ended = true));
    // a key that was looked up before is believed for some seconds more
    const knock = setInterval(() => proxy.dropSockets(), 500);
    await until(() => ended, 'the end of the session');
    clearInterval(knock);
    await expect(diary.session.ended).rejects.toMatchObject({
      name: 'LockstepError',
      status: 401,
      code: 10010009,
      message: 'API key not found',
    });
    expect(diary.problems.at(-1)).toMatchObject({ code: 10010009 });
    const { upgrades } = proxy;
    await expect(listen(() => AGREED)).rejects.toMatchObject({ status: 401, code: 10010009 });
    expect(proxy.upgrades).toBe(upgrades + 1);
    await diary.session.close();
  });
});

describe('what happens while the connection is away', () => {
  test('is told once it is back, in order, each change once', async () => {
    const witness = await taker.socket('order_status_change');
    const diary = await listen(() => AGREED);
    const before = await lockedOrder(service, { taker });
    await diary.hearsOf(before.hash, 'locked');
    const port = Number(new URL(proxy.url).port);
    await proxy.stop();
    const { hash, maker } = await askedOrder(service, { taker });
    succeeded(await taker.answer(hash, false), 200);
    succeeded(await taker.unlock(before.hash), 200);
    succeeded(await taker.unlock(hash), 200);
    const { order_hash } = await maker.place();
    proxy = await TroubledProxy.before(service.url, port);
    await diary.hearsOf(order_hash, 'pending');
    await witness.hearAbout('order_status_change', order_hash);
    expect(diary.changes).toEqual(witness.messages.map(({ data }) => data));
    expect(diary.resyncs).toEqual([]);
    await Promise.all([diary.session.close(), witness.close()]);
  });

  test('is told to the next session, after the last id of the one before', async () => {
    const first = await listen(() => AGREED);
    const { hash, maker } = await lockedOrder(service, { taker });
    await first.hearsOf(hash, 'locked');
    await first.session.close();
    succeeded(await taker.unlock(hash), 200);
    const second = await listen(() => AGREED, { after: first.session.lastId! });
    const { order_hash } = await maker.place();
    await second.hearsOf(order_hash, 'pending');
    expect(second.changes.map(({ from_status, to_status }) => [from_status, to_status])).toEqual([
      ['locked', 'pending'],
      [null, 'pending'],
    ]);
    expect(second.resyncs).toEqual([]);
    await second.session.close();
  });

  test('is a case for onResync when the last id is not known any more', async () => {
    const unknown = '0'.repeat(32);
    const diary = await listen(() => AGREED, { after: unknown });
    await until(() => diary.resyncs.length > 0, 'onResync');
    const { hash } = await lockedOrder(service, { taker });
    await diary.hearsOf(hash, 'locked');
    expect(diary.resyncs).toEqual([{ after: unknown, kept_since: null }]);
    await diary.session.close();
  });

  test('and when the connection was lost before anything was heard', async () => {
    const diary = await listen(() => AGREED);
    proxy.dropSockets();
    await until(() => diary.resyncs.length > 0, 'onResync', START_PATIENCE_MS);
    expect(diary.resyncs).toEqual([{ after: null, kept_since: null }]);
    await diary.session.close();
  });
});

test('a signal closes the session, also before it is connected', async () => {
  const stop = new AbortController();
  const diary = await listen(() => AGREED, { signal: stop.signal });
  stop.abort();
  await diary.session.ended;
  await expect(listen(() => AGREED, { signal: stop.signal })).rejects.toThrow(
    'closed before it was connected',
  );
});
