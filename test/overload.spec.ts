import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CONNECTIONS } from '#trading';
import type { MakerClient, TakerClient } from './support/clients.js';
import { Crowd, requestBytes } from './support/crowd.js';
import { askedOrder, lockedOrder, type LockedOrder, succeeded } from './support/handshake.js';
import { type Answer, call } from './support/http.js';
import { expectInvariants } from './support/invariants.js';
import { MetricsPage } from './support/metrics.js';
import { whileOrderIsHeld } from './support/other-transaction.js';
import { expectRefusal, UNAVAILABLE } from './support/refused.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** More calls than the service can take: some wait for a place, the rest is refused, and verdicts pass them all. */
const PLACES = CONNECTIONS.calls;
const QUEUE = 500;
const ROUNDS = 4;
const ORIGIN = 'https://app.example.com';
jest.setTimeout(120_000);

let service: TestService;
let maker: MakerClient;
let taker: TakerClient;
beforeAll(async () => {
  service = await startService({ ALLOWED_ORIGINS: ORIGIN });
  [maker, taker] = [await service.newMaker(), await service.newTaker()];
});
afterEach(() => until(async () => (await calls()) === 0, 'all places to be free'));
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

const ordinary = (state: 'served' | 'waiting') => calls({ kind: 'ordinary', state });
async function calls(labels: Record<string, string> = {}): Promise<number> {
  return (await MetricsPage.of(service.url)).value('lockstep_http_calls', labels)!;
}

const takerBytes = (method: string, path: string, headers: Record<string, string> = {}, json?: object) =>
  requestBytes(method, `/api/v1${path}`, { 'X-API-Key': taker.apiKey, ...headers }, json);
const newLockedOrder = () => lockedOrder(service, { maker, taker });
const newAskedOrder = () => askedOrder(service, { maker, taker });

function expectRefused(answer: Answer): void {
  expectRefusal(answer, UNAVAILABLE, /too busy/);
  expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(answer.headers.get('x-request-id')).toMatch(/^./);
}

/** Has all places taken while something is done; then the calls in them are served. */
async function whileFull(act: (held: LockedOrder) => Promise<void>): Promise<void> {
  const held = await newLockedOrder();
  const inPlaces = await whileOrderIsHeld(service.dataSource, held.id, async () => {
    const answers = Array.from({ length: PLACES }, () => taker.lock(held.hash));
    await until(async () => (await ordinary('served')) === PLACES, 'the places to be taken');
    await act(held);
    return answers;
  });
  for (const answer of await Promise.all(inPlaces)) succeeded(answer, 200);
}

describe('while all places are taken', () => {
  test('a verdict on another order is recorded; health, metrics and the documents answer', async () => {
    const { id, hash } = await newAskedOrder();
    await whileFull(async () => {
      succeeded(await taker.answer(hash, true), 200);
      for (const path of ['/health/live', '/health/ready']) {
        succeeded(await call('GET', service.url + path), 200);
      }
      expect(await (await fetch(`${service.url}/openapi.json`)).json()).toHaveProperty('openapi');
      expect((await MetricsPage.of(service.url)).value('lockstep_database_up')).toBe(1);
      expect(await ordinary('served')).toBe(PLACES);
    });
    expect(await maker.order(id)).toMatchObject({ status: 'cancelled' });
  });

  test('makers still ask to cancel', async () => {
    const { id } = await newLockedOrder();
    await whileFull(async () => {
      succeeded(await maker.cancel(id), 202);
    });
  });

  test('validations, which may wait for the chain, have places of their own', () =>
    whileFull(async ({ placed }) => {
      succeeded(await taker.validate(placed), 200);
    }));

  test('further calls wait, and are served when places are free, each under its own id', async () => {
    const { hash } = await newLockedOrder();
    let isFull = true;
    const waiting: Promise<void>[] = [];
    const wait = async (sent: Promise<Answer>): Promise<void> => {
      succeeded(await sent, 200);
      expect(isFull).toBe(false);
    };
    await whileFull(async () => {
      for (let i = 1; i <= PLACES; i += 1) waiting.push(wait(taker.call('GET', `/takers/orders/${hash}`)));
      const headers = { 'x-request-id': 'the-unlock' };
      waiting.push(wait(taker.call('POST', '/orders/unlock', { headers, json: { order_hash: hash } })));
      await until(async () => (await ordinary('waiting')) === PLACES + 1, 'all to wait');
      isFull = false;
    });
    await Promise.all(waiting);
    const [{ actor }] = await service.dataSource.query<[{ actor: object }]>(
      'SELECT actor FROM order_events WHERE order_hash = $1 ORDER BY version DESC LIMIT 1',
      [hash],
    );
    expect(actor).toMatchObject({ http_request_id: 'the-unlock' });
  });

  test('a call that waits too long is refused, and has changed nothing', async () => {
    const { id, hash } = await newLockedOrder();
    await whileFull(async () => expectRefused(await taker.unlock(hash)));
    expect(await maker.order(id)).toMatchObject({ status: 'locked' });
  });

  const fillQueue = async (crowd: Crowd, hash: string): Promise<void> => {
    await crowd.send(QUEUE / 10, takerBytes('GET', `/takers/orders/${hash}`).repeat(10));
    await until(async () => (await ordinary('waiting')) === QUEUE, 'the queue to be full');
  };

  test('what the queue cannot hold is refused before its body is sent, and the connection goes on', async () => {
    const { id, hash } = await newLockedOrder();
    const [crowd, caller] = [new Crowd(service.url), new Crowd(service.url)];
    await whileFull(async () => {
      await fillQueue(crowd, hash);
      const bytes = takerBytes('POST', '/orders/unlock', {}, { order_hash: hash });
      const connection = await caller.send(1, bytes.slice(0, -5));
      await until(() => caller.heard.includes('too busy'), 'the refusal');
      connection.write(bytes.slice(-5));
      connection.write(requestBytes('GET', '/health/live', {}));
      await until(() => caller.heard.includes('HTTP/1.1 200'), 'the answer to the next call');
      const labels = { route: '/api/v1/orders/unlock', status: '503', code: '503001' };
      expect(
        (await MetricsPage.of(service.url)).value('lockstep_http_requests_total', labels),
      ).toBeGreaterThan(0);
    });
    [crowd, caller].forEach((callers) => callers.hangUp());
    expect(await maker.order(id)).toMatchObject({ status: 'locked' });
  });

  test('what the queue cannot hold is refused, whoever calls, and pages may read why', async () => {
    const { hash } = await newLockedOrder();
    const crowd = new Crowd(service.url);
    await whileFull(async () => {
      await fillQueue(crowd, hash);
      const url = `${service.url}/api/v1/orders`;
      const [refused, ofPage] = await Promise.all([
        call('GET', url),
        fetch(url, { headers: { origin: ORIGIN } }),
      ]);
      expectRefused(refused);
      expect(ofPage.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    });
    crowd.hangUp();
  });

  test('callers who hang up while they wait leave the queue, and nothing is done for them', async () => {
    const { id, hash } = await newLockedOrder();
    const crowd = new Crowd(service.url);
    await whileFull(async () => {
      await crowd.send(50, takerBytes('POST', '/orders/unlock', {}, { order_hash: hash }));
      await until(async () => (await ordinary('waiting')) === 50, 'the calls to wait');
      crowd.hangUp();
      await until(async () => (await ordinary('waiting')) === 0, 'the queue to be left');
    });
    expect(await maker.order(id)).toMatchObject({ status: 'locked' });
  });
});

test('the work for a caller who has hung up keeps its place until it is done', async () => {
  const order = await newLockedOrder();
  const crowd = new Crowd(service.url);
  await whileOrderIsHeld(service.dataSource, order.id, async () => {
    await crowd.send(PLACES + 1, takerBytes('POST', '/orders/unlock', {}, { order_hash: order.hash }));
    await until(async () => (await ordinary('waiting')) === 1, 'the places to be taken');
    crowd.hangUp();
    await until(async () => (await ordinary('waiting')) === 0, 'the service to hear of it');
    expect(await ordinary('served')).toBe(PLACES);
  });
});

describe('thousands of calls whose callers hang up leave no place taken', () => {
  const read = () => takerBytes('GET', '/takers/orders');
  const refused = () => takerBytes('GET', '/takers/orders?page=0');
  const halfSent = () => takerBytes('POST', '/orders/unlock', {}, { order_hash: 'x' }).slice(0, -1);
  const verdict = (order_hash: string) => {
    const answer = {
      order_hash,
      taker_address: taker.address,
      cancellation_success: false,
      message: 'Trading',
    };
    return takerBytes('POST', '/orders/cancel-result', {}, answer);
  };

  test.each<[string, (hash: string) => string]>([
    ['reads', read],
    ['refused calls', refused],
    ['verdicts', verdict],
    ['a call and one whose body does not come', () => read() + halfSent()],
    ['pipelined calls', (hash) => read() + refused() + verdict(hash) + read() + verdict(hash) + refused()],
  ])('%s', async (_, bytes) => {
    const { hash } = await newAskedOrder();
    for (let round = 0; round < ROUNDS; round += 1) {
      const crowd = new Crowd(service.url);
      await crowd.send(100, bytes(hash));
      await until(() => crowd.heard !== '', 'the first answer');
      crowd.hangUp();
    }
    await until(async () => (await calls()) === 0, 'all places to be free');
    succeeded(await taker.call('GET', '/takers/orders'), 200);
  });
});
