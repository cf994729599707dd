import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { connectMaker } from '#client';
import { freePort } from '#database';
import { privateKeyToAccount } from 'viem/accounts';
import type { MakerClient, TakerClient } from '../support/clients.js';
import { makeDue } from '../support/database.js';
import { ExternalService } from '../support/external-service.js';
import { succeeded } from '../support/handshake.js';
import {
  endOf,
  isOfScenario,
  KNOWN_MAKERS,
  launchSandbox,
  newBot,
  PLAY_PATIENCE_MS,
  startScenario,
  YES,
} from '../support/sandbox.js';
import { START_PATIENCE_MS, type ServiceProcess } from '../support/service-process.js';
import { type Trouble, TroubledProxy } from '../support/troubled-proxy.js';
import { until } from '../support/until.js';

/** What the sandbox does where its calls fail, are refused, or its sessions end: a network with troubles lies between it and the service. */
const ORDERS_OF_EACH = 7;
const FIRST_WALLET = `0x${'a1'.repeat(32)}` as const;

let service: ExternalService;
let instance: ServiceProcess;
let proxy: TroubledProxy;
let sandbox: ServiceProcess;
let url: string;
let maker: MakerClient;
let other: TakerClient;
beforeAll(async () => {
  service = await ExternalService.prepare();
  instance = await service.start({ WORKER: 'inline', CANCELLATION_TIMEOUT_SECONDS: '10' });
  proxy = await TroubledProxy.before(service.url);
  [maker, other] = [await service.newMaker(), await service.newTaker()];
  const { apiKey, address } = await service.newTaker();
  const port = String(await freePort());
  url = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 4; i += 1) {
    const trouble = i === 0 ? OVERLOAD : refusal(400, 400, 'Invalid signature');
    proxy.elsewhere.push({ call: /^POST \/api\/v1\/makers\/connect$/, trouble });
  }
  sandbox = launchSandbox(
    {
      SANDBOX_API_KEY: apiKey,
      SANDBOX_TAKER_ADDRESS: address,
      SANDBOX_STEP_MS: '200',
      SANDBOX_ORDERS_PER_MINUTE: '600',
    },
    '--url',
    proxy.url,
    '--port',
    port,
  );
  await until(() => sandbox.stdout.includes('plays against'), 'it to start', START_PATIENCE_MS);
}, 2 * START_PATIENCE_MS);
afterAll(async () => {
  expect([await sandbox.stop(), sandbox.stderr]).toEqual([0, '']);
  await proxy.stop();
  expect([await instance.stop(), instance.stderr]).toEqual([0, '']);
  await service.drop();
});
afterEach(() => expect(proxy.elsewhere).toEqual([]));

const refusal = (status: number, code: number, message: string): Trouble => ({
  status,
  body: JSON.stringify({ code, message, details: 'as the test wants it' }),
});
const OVERLOAD = refusal(503, 503001, 'Service unavailable');
const BUSY = refusal(429, 429001, 'Too many requests');

const becomes = (hash: string, status: string) =>
  until(async () => (await maker.order(hash)).status === status, `the order to be ${status}`);
const recorded = async (hash: string) => (await maker.order(hash)).cancellation;
const book = () => other.library().availableOrders();
const bookIsFull = () =>
  until(
    async () =>
      (await book()).filter((order) => KNOWN_MAKERS.has(order.maker)).length ===
      KNOWN_MAKERS.size * ORDERS_OF_EACH,
    'the book to be full',
    PLAY_PATIENCE_MS,
  );

describe('makers', () => {
  test('come after logins that were refused', () => bookIsFull(), PLAY_PATIENCE_MS);

  test(
    'ask for an order back, though the call fails at first',
    async () => {
      const bot = await newBot(service, { wants: () => false, decide: () => YES });
      proxy.elsewhere.push({ call: /^POST \/api\/v1\/orders\/0x\w+\/cancel$/, trouble: OVERLOAD });
      const hashes = (await book()).slice(0, 3).map(({ order_hash }) => order_hash);
      for (const hash of hashes) succeeded(await bot.taker.lock(hash), 200);
      await until(() => bot.asked.length === 1, 'the request');
      for (const hash of hashes) {
        if (hash !== bot.asked[0]) succeeded(await bot.taker.reject(hash), 200);
      }
      await bot.session.close();
      await bookIsFull();
    },
    2 * PLAY_PATIENCE_MS,
  );

  test(
    'come back after a session that was ended',
    async () => {
      const { settings } = service;
      const first = await connectMaker({
        url: service.url,
        account: privateKeyToAccount(FIRST_WALLET),
        chainId: settings.EIP712_CHAIN_ID,
        verifyingContract: settings.EIP712_VERIFYING_CONTRACT,
      });
      const { opened } = proxy;
      await first.logOut();
      await until(() => proxy.opened > opened, 'another session', PLAY_PATIENCE_MS);
      const order = (await book()).find(({ maker: wallet }) => wallet === first.address)!;
      succeeded(await other.lock(order.order_hash), 200);
      succeeded(await other.reject(order.order_hash), 200);
      await bookIsFull();
    },
    2 * PLAY_PATIENCE_MS,
  );
});

describe('the taker', () => {
  test('acts on an order, though each of its calls fails at first', async () => {
    const terms = maker.terms({ quantity: '6' });
    const hash = maker.hash(terms);
    const calls: [RegExp, Trouble[]][] = [
      [new RegExp(`^GET /api/v1/takers/orders/${hash}$`), [OVERLOAD, BUSY, 'cut']],
      [/^POST \/api\/v1\/orders\/lock$/, [BUSY, 'cut']],
      [/^POST \/api\/v1\/orders\/fill$/, ['cut', OVERLOAD]],
    ];
    for (const [call, troubles] of calls) {
      for (const trouble of troubles) proxy.elsewhere.push({ call, trouble });
    }
    proxy.calls.length = 0;
    await maker.place(terms);
    await becomes(hash, 'filled');
    // the service acts on a call whose reply is cut, and the taker calls once more for each trouble
    for (const [call, troubles] of calls) {
      const came = () => proxy.calls.filter((asked) => call.test(asked)).length > troubles.length;
      await until(came, `${call} to be called after its troubles`);
    }
  });

  test.each<[string, string, string, Trouble, object]>([
    [
      '4, whose fill is refused for good, is refused anyway',
      '4',
      'fill',
      refusal(409, 409008, 'Order expired'),
      { status: 'rejected', resolved_by: 'answer' },
    ],
    [
      '7000, whose unlock is refused for good, is accepted anyway',
      '7000',
      'unlock',
      refusal(409, 409001, 'Order not locked'),
      { status: 'accepted', resolved_by: 'answer' },
    ],
    [
      '4, whose fill fails in passing, is filled',
      '4',
      'fill',
      OVERLOAD,
      { status: 'rejected', resolved_by: 'fill' },
    ],
  ])('%s', async (_, quantity, deed, trouble, how) => {
    const { order_hash } = await maker.place({ quantity });
    await becomes(order_hash, 'locked');
    proxy.elsewhere.push({ call: new RegExp(`^POST /api/v1/orders/${deed}$`), trouble });
    succeeded(await maker.cancel(order_hash), 202);
    await until(async () => (await recorded(order_hash)).status !== 'requested', 'the answer');
    expect(await recorded(order_hash)).toMatchObject(how);
  });

  test("9 is let go of when its lock's end has decided it", async () => {
    const { order_hash } = await maker.place({ quantity: '9' });
    await becomes(order_hash, 'locked');
    const earlier = proxy.answers.length;
    await makeDue(service.dataSource, order_hash, 'lock', -2_000);
    succeeded(await maker.cancel(order_hash), 202);
    await becomes(order_hash, 'cancelled');
    await until(() => proxy.answers.length > earlier, 'an answer that comes too late to count');
    expect(await recorded(order_hash)).toMatchObject({ status: 'accepted', resolved_by: 'lock_expiry' });
  });

  test(
    'comes back after a session that was ended',
    async () => {
      const refused = refusal(403, 403003, 'IP address not allowed');
      for (let i = 0; i < 2; i += 1) {
        proxy.elsewhere.push({ call: /^GET \/ws\/taker\/v1\?/, trouble: refused });
      }
      proxy.dropSockets();
      await until(() => proxy.elsewhere.length === 0, 'it to be refused twice');
      const { order_hash } = await maker.place({ quantity: '6' });
      await becomes(order_hash, 'filled');
    },
    PLAY_PATIENCE_MS,
  );
});

test(
  'a scenario goes on, though its calls fail at first',
  async () => {
    await bookIsFull(); // so that nobody else places one
    proxy.elsewhere.push(
      { call: /^POST \/api\/v1\/makers\/connect$/, trouble: BUSY },
      { call: /^POST \/api\/v1\/orders$/, trouble: 'cut' },
      { call: /^POST \/api\/v1\/orders$/, trouble: OVERLOAD },
      { call: /^POST \/api\/v1\/orders\/0x\w+\/cancel$/, trouble: OVERLOAD },
    );
    const bot = await newBot(service, { wants: isOfScenario, decide: () => YES });
    const taker_address = bot.taker.address;
    const { body } = await startScenario(url, { name: 'cancel-before-trade', taker_address });
    const { status, steps } = await endOf(url, body.data.id);
    await bot.session.close();
    expect([status, bot.asked.length]).toEqual(['completed', 1]);
    expect(steps.map(({ text }) => text)).toContain('It is told: as the test wants it');
  },
  2 * PLAY_PATIENCE_MS,
);
