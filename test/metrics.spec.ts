import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { call } from './support/http.js';
import { type Figure, MetricsPage } from './support/metrics.js';
import { operatorOf } from './support/operator.js';
import { besideTransaction } from './support/other-transaction.js';
import { startService, type TestService } from './support/service.js';
import { Socket } from './support/socket.js';
import { until } from './support/until.js';

/** What happens is seen on /metrics. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const page = () => MetricsPage.of(service.url);
const due = (hash: string, what: Parameters<typeof makeDue>[2]) => makeDue(service.dataSource, hash, what);

/** How much each figure rises while something happens. */
const rises = (figures: Figure[], happens: () => Promise<unknown>) =>
  MetricsPage.rises(service.url, figures, happens);

const requests = (status: string, resolved_by = 'none', late = 'false'): Figure => [
  'lockstep_cancellation_requests_total',
  { status, resolved_by, late },
];
const transitions = (from: string, to: string): Figure => ['lockstep_order_transitions_total', { from, to }];

test('the page is Prometheus text; it needs no key and takes no parameter', async () => {
  const response = await fetch(`${service.url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await response.text()).toMatch(/^# HELP lockstep_/m);
  expect(await call('GET', `${service.url}/metrics?a=1`)).toMatchObject({
    status: 400,
    body: { code: 400001, details: 'a is not a known query parameter' },
  });
});

test('the API’s port has it for this machine alone: what a proxy passes on is from elsewhere', async () => {
  for (const name of ['x-forwarded-for', 'forwarded']) {
    const answer = await call('GET', `${service.url}/metrics`, { headers: { [name]: '127.0.0.1' } });
    expect(answer).toMatchObject({ status: 404, body: { code: 404000 } });
  }
});

describe('a handshake is counted by its outcome', () => {
  const outcomes: [string, Figure, (order: Awaited<ReturnType<typeof askedOrder>>) => Promise<unknown>][] = [
    ['accepted', requests('accepted', 'answer'), ({ taker, hash }) => taker.answer(hash, true)],
    ['rejected', requests('rejected', 'answer'), ({ taker, hash }) => taker.answer(hash, false)],
    ['unlocked', requests('accepted', 'unlock'), ({ taker, hash }) => taker.unlock(hash)],
    ['refused', requests('accepted', 'reject'), ({ taker, hash }) => taker.reject(hash)],
    ['filled', requests('rejected', 'fill'), ({ taker, placed }) => taker.fill(placed)],
  ];
  test.each(outcomes)('%s', async (_, outcome, step) => {
    const latency: Figure = [
      'lockstep_cancellation_answer_seconds_count',
      { resolved_by: outcome[1]!.resolved_by! },
    ];
    const seen = await rises([requests('requested'), outcome, latency, requests('timed_out')], async () => {
      await step(await askedOrder(service));
    });
    expect(seen).toEqual([1, 1, 1, 0]);
  });

  test('timed out, then answered late: the answer latency counts from the first asking', async () => {
    const order = await askedOrder(service);
    await due(order.hash, 'request');
    const slow: Figure = ['lockstep_cancellation_answer_seconds_sum', { resolved_by: 'answer' }];
    const seen = await rises([requests('timed_out'), requests('accepted', 'answer', 'true'), slow], () =>
      order.taker.answer(order.hash, true),
    );
    expect(seen.slice(0, 2)).toEqual([1, 1]);
    expect(seen[2]).toBeGreaterThan(24 * 3600);
  });

  test('asked again, and ended by a lock that ran out', async () => {
    const order = await askedOrder(service);
    await due(order.hash, 'request');
    const again = await rises([requests('requested'), requests('timed_out')], () =>
      order.maker.cancel(order.id),
    );
    expect(again).toEqual([1, 1]);
    await due(order.hash, 'lock');
    const ended = await rises([requests('accepted', 'lock_expiry'), transitions('locked', 'cancelled')], () =>
      order.taker.unlock(order.hash),
    );
    expect(ended).toEqual([1, 1]);
  });

  test('what is answered once more is not counted again', async () => {
    const { taker, hash } = await askedOrder(service);
    await taker.answer(hash, true);
    const seen = await rises([requests('accepted', 'answer')], async () =>
      succeeded(await taker.answer(hash, true), 200),
    );
    expect(seen).toEqual([0]);
  });
});

test('changes of status are counted', async () => {
  const figures = [
    transitions('none', 'pending'),
    transitions('pending', 'locked'),
    transitions('locked', 'suspended'),
  ];
  const seen = await rises(figures, async () => {
    const { hash } = await lockedOrder(service);
    await operatorOf(service).suspend(hash);
  });
  expect(seen).toEqual([1, 1, 1]);
});

test('orders are shown as suspended while they are', async () => {
  const suspended = async () => (await page()).value('lockstep_suspended_orders')!;
  const before = await suspended();
  const { hash } = await lockedOrder(service);
  await operatorOf(service).suspend(hash);
  expect(await suspended()).toBe(before + 1);
  await operatorOf(service).resume(hash);
  expect(await suspended()).toBe(before);
});

test('open requests and their age, by status; those of suspended orders apart', async () => {
  const waiting = await askedOrder(service);
  const late = await askedOrder(service);
  const frozen = await askedOrder(service);
  const before = await page();
  await due(late.hash, 'request');
  succeeded(await late.taker.lock(late.hash), 200);
  await operatorOf(service).suspend(frozen.hash);
  const after = await page();
  const moved = (status: string) =>
    after.value('lockstep_open_cancellation_requests', { status })! -
    before.value('lockstep_open_cancellation_requests', { status })!;
  expect(['requested', 'timed_out', 'suspended'].map(moved)).toEqual([-2, 1, 1]);
  const age = (status: string) =>
    after.value('lockstep_oldest_open_cancellation_request_seconds', { status });
  expect(age('timed_out')).toBeGreaterThan(24 * 3600);
  expect(age('requested')).toBeGreaterThan(0);
  for (const order of [waiting, late]) succeeded(await order.taker.answer(order.hash, true), 200);
  const end = await page();
  for (const status of ['requested', 'timed_out']) {
    expect(end.value('lockstep_open_cancellation_requests', { status })).toBe(0);
    expect(end.value('lockstep_oldest_open_cancellation_request_seconds', { status })).toBe(0);
  }
});

test('what no worker settles shows for how long it has been due, and no more once it is settled', async () => {
  const lag = async (timer: string) => (await page()).value('lockstep_timer_lag_seconds', { timer })!;
  const { maker, taker, id, hash } = await askedOrder(service);
  for (const timer of ['request', 'lock', 'deadline']) expect(await lag(timer)).toBe(0);
  for (const timer of ['request', 'lock'] as const) {
    await due(hash, timer);
    expect(await lag(timer)).toBeGreaterThan(0);
  }
  await taker.unlock(hash);
  const pending = await maker.place();
  await due(pending.order_hash, 'deadline');
  expect(await lag('deadline')).toBeGreaterThan(0);
  await maker.cancel(pending.id);
  for (const timer of ['request', 'lock', 'deadline']) expect(await lag(timer)).toBe(0);
  expect(await maker.order(id)).toMatchObject({ status: 'cancelled' });
});

test('sockets, pushes and refused upgrades', async () => {
  const { taker, maker, hash } = await lockedOrder(service);
  const sockets = async () => {
    const read = await page();
    return ['taker', 'maker'].map((kind) => read.value('lockstep_sockets', { kind }));
  };
  expect(await sockets()).toEqual([0, 0]);
  const open = [await taker.socket(), await taker.socket(), await maker.socket()];
  await until(async () => (await sockets()).join() === '2,1', 'the sockets to be counted');

  const type = 'cancellation_request';
  const pushes: Figure[] = [
    ['lockstep_push_latency_seconds_count', { type }],
    ['lockstep_push_latency_seconds_sum', { type }],
  ];
  const [count, seconds] = await rises(pushes, async () => {
    await maker.cancel(hash);
    for (const socket of open.slice(0, 2)) await socket.hearAbout(type, hash);
  });
  expect(count).toBe(2);
  expect(seconds).toBeLessThan(20);
  for (const socket of open) await socket.close();
  await until(async () => (await sockets()).join() === '0,0', 'the sockets to be gone');

  const refused = await rises([['lockstep_socket_refusals_total', { code: '10010012' }]], () =>
    Socket.refused(`${service.url}/ws/taker/v1?types=order_status_change`),
  );
  expect(refused).toEqual([1]);
});

test('the tail: an event that a missing number keeps from being handed out is its lag', async () => {
  const read = await page();
  expect(read.value('lockstep_tail_silence_seconds')).toBeLessThan(20);
  expect(read.value('lockstep_tail_lag_seconds')).toBeLessThan(20);
  await besideTransaction(service.dataSource, async (other) => {
    await other.query(`SELECT nextval('order_events_seq')`);
    await (await service.newMaker()).place();
    await until(async () => (await page()).value('lockstep_tail_lag_seconds')! > 0.5, 'the lag to grow');
    expect((await page()).value('lockstep_database_connections', { state: 'in_use' })).toBeGreaterThanOrEqual(
      1,
    );
  });
  await until(async () => (await page()).value('lockstep_tail_lag_seconds') === 0, 'the tail to catch up');
});

test('calls on orders: how many share a transaction, and how long each waited for it', async () => {
  const orders = await Promise.all(Array.from({ length: 8 }, () => lockedOrder(service)));
  const [calls, waits, transactions] = await rises(
    [
      ['lockstep_group_commit_calls_sum'],
      ['lockstep_group_commit_wait_seconds_count'],
      ['lockstep_group_commit_calls_count'],
    ],
    () => Promise.all(orders.map(async ({ taker, hash }) => succeeded(await taker.unlock(hash), 200))),
  );
  expect([calls, waits]).toEqual([8, 8]);
  expect(transactions).toBeLessThanOrEqual(8);
});

test('the pool: what waits for a connection is seen, and the scrape is answered nonetheless', async () => {
  const waiters = async () => (await page()).value('lockstep_database_connection_waiters')!;
  const held = Array.from({ length: 20 }, () => service.dataSource.createQueryRunner());
  for (const runner of held) await runner.connect();
  const waiting = [1, 2].map(() => service.dataSource.query('SELECT 1'));
  try {
    expect(await waiters()).toBeGreaterThanOrEqual(2);
    const read = await page();
    expect(read.value('lockstep_database_up')).toBe(0);
    expect(read.value('lockstep_database_connections', { state: 'in_use' })).toBe(20);
  } finally {
    for (const runner of held) await runner.release();
  }
  await Promise.all(waiting);
  await until(async () => (await waiters()) === 0, 'nobody to wait');
  expect((await page()).value('lockstep_database_up')).toBe(1);
});

test('calls by route, status and error code, never by what callers make up', async () => {
  const { taker, hash } = await lockedOrder(service);
  const calls = (method: string, route: string, status: string, code: string): Figure => [
    'lockstep_http_requests_total',
    { method, route, status, code },
  ];
  const answer = '/api/v1/orders/cancel-result';
  const seen = await rises(
    [
      calls('POST', answer, '409', '409002'),
      calls('POST', answer, '400', '400002'),
      calls('POST', answer, '401', '10010012'),
      calls('GET', '/api/v1/takers/orders/:order_hash', '200', '0'),
      calls('GET', 'none', '404', '404000'),
      ['lockstep_http_request_duration_seconds_count', { method: 'POST', route: answer }],
    ],
    async () => {
      await taker.answer(hash, true);
      await taker.call('POST', '/orders/cancel-result', { raw: '{' });
      await call('POST', `${service.url}${answer}`, { json: {} });
      await taker.call('GET', `/takers/orders/${hash}`);
      await call('GET', `${service.url}/made-up/${hash}`);
    },
  );
  expect(seen).toEqual([1, 1, 1, 1, 1, 3]);
});

test('labels are few and say nothing of who traded what', async () => {
  const { maker, taker, id, hash, requestId } = await askedOrder(service);
  await maker.call('GET', `/orders/${id}`);
  await taker.call('GET', `/takers/orders/${hash}`, { headers: { 'x-request-id': 'made-up-id' } });
  const before = await page();
  const { JWT_SECRET, MASTER_KEY } = service.settings;
  const secrets = [
    taker.apiKey,
    taker.keyId,
    taker.takerId,
    maker.token,
    JWT_SECRET,
    MASTER_KEY,
    'made-up-id',
  ];
  for (const word of [...secrets, maker.address, taker.address, id, hash, requestId]) {
    expect(before.text).not.toContain(word);
  }
  const other = await askedOrder(service);
  await other.maker.call('GET', `/orders/${other.id}`);
  await other.taker.call('GET', `/takers/orders/${other.hash}`);
  expect((await page()).series).toEqual(before.series);
});
