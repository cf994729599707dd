import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Verdict } from '#client';
import type { TakerClient } from './support/clients.js';
import { makeDue } from './support/database.js';
import { type Decide, Diary, type DiaryOptions, thinking } from './support/diary.js';
import { type AskedOrder, askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { startService, type TestService } from './support/service.js';
import { type Trouble, TroubledProxy } from './support/troubled-proxy.js';
import { until } from './support/until.js';

/** What a taker's session answers, whatever comes twice or is lost: each request gets one verdict, and that is recorded. */
const AGREED: Verdict = { cancel: true, message: 'Not traded yet' };

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

let proxy: TroubledProxy;
let taker: TakerClient;
beforeEach(async () => {
  proxy = await TroubledProxy.before(service.url);
  taker = await service.newTaker();
});
afterEach(() => proxy.stop());

/** A session of the taker, through the proxy. */
const listen = (decide: Decide, options?: DiaryOptions) => Diary.open(taker, proxy.url, decide, options);

const recorded = async ({ maker, id }: AskedOrder) => (await maker.order(id)).cancellation;

describe('what comes twice', () => {
  test('is told once', async () => {
    proxy.stutters = true;
    const diary = await listen(() => AGREED);
    const order = await askedOrder(service, { taker });
    await diary.hearsOf(order.hash, 'cancelled');
    const marker = await lockedOrder(service, { taker });
    await diary.hearsOf(marker.hash, 'locked');
    const course = diary.changes.filter(({ order_hash }) => order_hash === order.hash);
    expect(course.map(({ to_status }) => to_status)).toEqual(['pending', 'locked', 'cancelled']);
    expect(diary.asked).toHaveLength(1);
    await diary.session.close();
  });

  test('is a request at each connect; it is asked once and answered once', async () => {
    const { decide, verdict } = thinking();
    const diary = await listen(() => verdict);
    const order = await askedOrder(service, { taker });
    for (let connects = 2; connects <= 3; connects += 1) {
      proxy.dropSockets();
      await until(() => proxy.opened === connects, 'the next connection');
    }
    decide(AGREED);
    await diary.hearsOf(order.hash, 'cancelled');
    await diary.session.close();
    expect([diary.asked.length, diary.answered.length, proxy.answers.length]).toEqual([1, 1, 1]);
  });

  test('is a request that timed out and is asked again: the first verdict counts', async () => {
    const { decide, verdict } = thinking();
    const diary = await listen(() => verdict);
    const order = await askedOrder(service, { taker });
    await until(() => diary.asked.length > 0, 'the request');
    await makeDue(service.dataSource, order.hash, 'request');
    succeeded(await order.maker.cancel(order.id), 202);
    const marker = await lockedOrder(service, { taker });
    await diary.hearsOf(marker.hash, 'locked');
    decide(AGREED);
    await diary.hearsOf(order.hash, 'cancelled');
    await diary.session.close();
    expect([diary.asked.length, proxy.answers.length]).toEqual([1, 1]);
  });
});

describe('an answer is sent until it is recorded', () => {
  const troubles: [string, Trouble][] = [
    ['its connection was cut after the service had recorded it', 'cut'],
    [
      'too many requests',
      {
        status: 429,
        headers: { 'retry-after': '1' },
        body: JSON.stringify({ code: 429001, message: 'Too many requests', details: 'wait a second' }),
      },
    ],
    [
      'the database was away',
      {
        status: 503,
        headers: { 'retry-after': '1' },
        body: JSON.stringify({ code: 503001, message: 'Service unavailable', details: 'away' }),
      },
    ],
    ['a proxy answered in between', { status: 404, body: '<html>no such upstream</html>' }],
  ];
  test.each(troubles)('%s', async (_, trouble) => {
    proxy.troubles.push(trouble, trouble);
    const verdicts = [AGREED, { cancel: false, message: 'A second thought' }];
    const diary = await listen(() => verdicts.shift()!);
    const order = await askedOrder(service, { taker });
    await until(() => diary.answered.length > 0, 'the answer to be recorded');
    expect(diary.answered).toEqual([AGREED]);
    expect(await recorded(order)).toMatchObject({ status: 'accepted', message: AGREED.message });
    expect(diary.problems).toHaveLength(2);
    // a signature works once, so each try has its own
    expect(new Set(proxy.answers.map((headers) => headers['x-api-signature'])).size).toBe(3);
    await diary.session.close();
  });

  test('also while the order is suspended', async () => {
    const { decide, verdict } = thinking();
    const diary = await listen(() => verdict);
    const order = await askedOrder(service, { taker });
    const suspend = (to: string) =>
      service.dataSource.query('UPDATE orders SET status = $1 WHERE order_hash = $2', [to, order.hash]);
    await suspend('suspended');
    decide(AGREED);
    await until(() => diary.problems.length > 0, 'the first try');
    expect(diary.problems[0]).toMatchObject({ code: 409009 });
    await suspend('locked');
    await diary.hearsOf(order.hash, 'cancelled');
    await diary.session.close();
  });

  test('before close() is done with it', async () => {
    proxy.troubles.push('cut', 'cut');
    const diary = await listen(() => AGREED);
    const order = await askedOrder(service, { taker });
    await until(() => diary.problems.length > 0, 'the first try');
    await diary.session.close();
    expect(diary.answered).toEqual([AGREED]);
    expect((await recorded(order)).status).toBe('accepted');
  });
});

describe('a callback', () => {
  test('that throws is asked again', async () => {
    const outcomes = [() => Promise.reject(new Error('the book is closed')), () => AGREED];
    const diary = await listen(() => outcomes.shift()!());
    const order = await askedOrder(service, { taker });
    await diary.hearsOf(order.hash, 'cancelled');
    expect(diary.problems).toEqual([new Error('the book is closed')]);
    await diary.session.close();
  });

  test('whose verdict comes too late for what was decided is told so, and the session goes on', async () => {
    const filled = await lockedOrder(service, { taker });
    const { decide, verdict } = thinking();
    const diary = await listen(({ order_hash }) => (order_hash === filled.hash ? verdict : AGREED));
    succeeded(await filled.maker.cancel(filled.id), 202);
    await until(() => diary.asked.length > 0, 'the request');
    succeeded(await taker.fill(filled.placed), 200);
    decide(AGREED);
    await until(() => diary.refusals.length > 0, 'the refusal');
    expect(diary.refusals[0]).toMatchObject({
      name: 'LockstepError',
      status: 409,
      code: 409003,
      message: 'Cancellation already answered',
      details: expect.stringContaining('rejected by fill'),
    });
    const other = await askedOrder(service, { taker });
    await diary.hearsOf(other.hash, 'cancelled');
    expect(diary.problems).toEqual([]);
    await diary.session.close();
  });

  test('answers under the address that holds the lock', async () => {
    taker = await service.newTaker({ addresses: 2 });
    const [, second] = taker.addresses;
    const diary = await listen(() => ({ ...AGREED, taker_address: second! }));
    const maker = await service.newMaker();
    const { id, order_hash } = await maker.place();
    await taker.library().lock({ order_hash, taker_address: second! });
    succeeded(await maker.cancel(id), 202);
    await diary.hearsOf(order_hash, 'cancelled');
    await diary.session.close();
  });
});
