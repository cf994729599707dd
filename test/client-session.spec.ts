import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type {
  CancellationRequest,
  LockstepError,
  OrderStatusChange,
  Resync,
  Session,
  SessionOptions,
  Verdict,
} from '#client';
import type { TakerClient } from './support/clients.js';
import { makeDue } from './support/database.js';
import { ExternalService } from './support/external-service.js';
import { type AskedOrder, askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { START_PATIENCE_MS, type ServiceProcess } from './support/service-process.js';
import { type Trouble, TroubledProxy } from './support/troubled-proxy.js';
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

/** A session through the proxy that writes down all it is told. */
class Diary {
  session!: Session;
  readonly asked: CancellationRequest[] = [];
  readonly changes: OrderStatusChange[] = [];
  readonly answered: Verdict[] = [];
  readonly refusals: LockstepError[] = [];
  readonly resyncs: Resync[] = [];
  readonly problems: unknown[] = [];

  static async open(
    decide: (request: CancellationRequest) => Verdict | Promise<Verdict>,
    options: Pick<SessionOptions, 'signal' | 'after'> = {},
  ): Promise<Diary> {
    const diary = new Diary();
    diary.session = await taker.library(proxy.url).listen({
      onCancellationRequest: (request) => {
        diary.asked.push(request);
        return decide(request);
      },
      onOrderStatusChange: (change) => diary.changes.push(change),
      onAnswered: ({ verdict }) => diary.answered.push(verdict),
      onAnswerRefused: ({ error }) => diary.refusals.push(error),
      onResync: (resync) => diary.resyncs.push(resync),
      onProblem: (problem) => diary.problems.push(problem),
      ...options,
    });
    return diary;
  }

  hearsOf(hash: string, status: string): Promise<void> {
    const heard = () =>
      this.changes.some(({ order_hash, to_status }) => order_hash === hash && to_status === status);
    return until(heard, `the order to be ${status}`, START_PATIENCE_MS);
  }
}

/** A taker that decides when the test says so. */
function thinking() {
  let decide!: (verdict: Verdict) => void;
  const verdict = new Promise<Verdict>((resolve) => (decide = resolve));
  return { decide, verdict };
}

const recorded = async ({ maker, id }: AskedOrder) => (await maker.order(id)).cancellation;

test('a request is put to the callback and answered with its verdict', async () => {
  const diary = await Diary.open(() => AGREED);
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
  const diary = await Diary.open(() => AGREED);
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
      const diary = await Diary.open(() => verdict);
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
    const diary = await Diary.open(() => verdict);
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
    const diary = await Diary.open(() => AGREED);
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
    await expect(Diary.open(() => AGREED)).rejects.toMatchObject({ status: 401, code: 10010009 });
    expect(proxy.upgrades).toBe(upgrades + 1);
    await diary.session.close();
  });
});

describe('what happens while the connection is away', () => {
  test('is told once it is back, in order, each change once', async () => {
    const witness = await taker.socket('order_status_change');
    const diary = await Diary.open(() => AGREED);
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
    const first = await Diary.open(() => AGREED);
    const { hash, maker } = await lockedOrder(service, { taker });
    await first.hearsOf(hash, 'locked');
    await first.session.close();
    succeeded(await taker.unlock(hash), 200);
    const second = await Diary.open(() => AGREED, { after: first.session.lastId! });
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
    const diary = await Diary.open(() => AGREED, { after: unknown });
    await until(() => diary.resyncs.length > 0, 'onResync');
    const { hash } = await lockedOrder(service, { taker });
    await diary.hearsOf(hash, 'locked');
    expect(diary.resyncs).toEqual([{ after: unknown, kept_since: null }]);
    await diary.session.close();
  });

  test('and when the connection was lost before anything was heard', async () => {
    const diary = await Diary.open(() => AGREED);
    proxy.dropSockets();
    await until(() => diary.resyncs.length > 0, 'onResync', START_PATIENCE_MS);
    expect(diary.resyncs).toEqual([{ after: null, kept_since: null }]);
    await diary.session.close();
  });
});

describe('what comes twice', () => {
  test('is told once', async () => {
    proxy.stutters = true;
    const diary = await Diary.open(() => AGREED);
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
    const diary = await Diary.open(() => verdict);
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
    const diary = await Diary.open(() => verdict);
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
    const diary = await Diary.open(() => verdicts.shift()!);
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
    const diary = await Diary.open(() => verdict);
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
    const diary = await Diary.open(() => AGREED);
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
    const diary = await Diary.open(() => outcomes.shift()!());
    const order = await askedOrder(service, { taker });
    await diary.hearsOf(order.hash, 'cancelled');
    expect(diary.problems).toEqual([new Error('the book is closed')]);
    await diary.session.close();
  });

  test('whose verdict comes too late for what was decided is told so, and the session goes on', async () => {
    const filled = await lockedOrder(service, { taker });
    const { decide, verdict } = thinking();
    const diary = await Diary.open(({ order_hash }) => (order_hash === filled.hash ? verdict : AGREED));
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
    const diary = await Diary.open(() => ({ ...AGREED, taker_address: second! }));
    const maker = await service.newMaker();
    const { id, order_hash } = await maker.place();
    await taker.library().lock({ order_hash, taker_address: second! });
    succeeded(await maker.cancel(id), 202);
    await diary.hearsOf(order_hash, 'cancelled');
    await diary.session.close();
  });
});

test('a signal closes the session, also before it is connected', async () => {
  const stop = new AbortController();
  const diary = await Diary.open(() => AGREED, { signal: stop.signal });
  stop.abort();
  await diary.session.ended;
  await expect(Diary.open(() => AGREED, { signal: stop.signal })).rejects.toThrow(
    'closed before it was connected',
  );
});
