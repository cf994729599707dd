import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  connectMaker,
  createTaker,
  LockstepError,
  type Maker,
  type MakerOptions,
  type NewOrder,
  type OrderStatusChange,
  type Taker,
  type TakerOptions,
} from '#client';
import { ApiKeysService } from '#trading';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import type { TakerClient } from './support/clients.js';
import { startService, type TestService } from './support/service.js';
import { TroubledProxy } from './support/troubled-proxy.js';
import { until } from './support/until.js';

/** The library for takers and makers: signed requests, and how a refusal is told. */
let service: TestService;
let account: TakerClient;
let taker: Taker;
let maker: Maker;
beforeAll(async () => {
  service = await startService();
  account = await service.newTaker();
  taker = account.library();
  maker = await connectMaker(wallet());
});
afterAll(() => service.stop());

const wallet = (): MakerOptions => ({
  url: service.url,
  account: privateKeyToAccount(generatePrivateKey()),
  chainId: service.settings.EIP712_CHAIN_ID,
  verifyingContract: service.settings.EIP712_VERIFYING_CONTRACT,
});

const wish = (): NewOrder => ({
  is_buy: true,
  ticker: 'AAPL',
  asset: '0x55d398326f99059ff775485246999027b3197955',
  price: '182500000000000000000',
  quantity: '100',
  incentive: '500000000000000000',
  deadline: Math.floor(Date.now() / 1000) + 31 * 24 * 3600,
});

const UNKNOWN = `0x${'00'.repeat(32)}`;

async function refusalOf(call: Promise<unknown>): Promise<LockstepError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LockstepError);
  return error as LockstepError;
}

describe('with a key that demands signed requests', () => {
  let options: TakerOptions;
  beforeAll(async () => {
    const keys = new ApiKeysService(service.dataSource, service.settings);
    const { apiKey, apiSecret } = await keys.create(account.takerId, { requireSignature: true });
    options = { url: service.url, address: account.address, apiKey, apiSecret };
  });

  test('every call and the socket are signed', async () => {
    const signing = createTaker(options);
    const changes: OrderStatusChange[] = [];
    const session = await signing.listen({
      onCancellationRequest: () => ({ cancel: true, message: 'Été à 10 h, “fini” 🙂' }),
      onOrderStatusChange: (change) => changes.push(change),
    });
    const { order_hash } = await maker.place({ ...wish(), ticker: 'BRK/B' });
    await signing.lock({ order_hash });
    const { orders } = await signing.orders({ ticker: 'BRK/B', status: ['locked', 'filled'] });
    expect(orders.map((order) => order.order_hash)).toEqual([order_hash]);
    await maker.cancel(order_hash);
    await until(() => changes.some(({ to_status }) => to_status === 'cancelled'), 'the answer');
    await session.close();
  });

  test('equal calls at the same moment are no repetitions', async () => {
    const [one, other] = [createTaker(options), createTaker(options)];
    const calls = Array.from({ length: 20 }, () => [one.orders(), other.orders()]).flat();
    expect(await Promise.all(calls)).toHaveLength(40);
  });

  test('nothing is signed without the secret', async () => {
    const { apiSecret: _, ...unsigned } = options;
    const refusal = await refusalOf(createTaker(unsigned).orders());
    expect(refusal).toMatchObject({ status: 401, code: 10010012 });
  });
});

describe('a refusal is thrown', () => {
  test('with status, code, message, details and the request id', async () => {
    const refusal = await refusalOf(taker.lock({ order_hash: UNKNOWN }));
    expect({ ...refusal, message: refusal.message }).toEqual({
      name: 'LockstepError',
      status: 404,
      code: 404001,
      message: 'Order not found',
      details: expect.stringContaining(UNKNOWN),
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      retryAfterSeconds: undefined,
      answeredAt: expect.any(Number),
    });
  });

  test('also of the login, and of a socket', async () => {
    const login = await refusalOf(connectMaker({ ...wallet(), chainId: 1 }));
    expect(login).toMatchObject({ status: 400, code: 400, message: 'Chain ID mismatch' });
    const stranger = createTaker({ url: service.url, apiKey: 'lk_none', address: account.address });
    const socket = await refusalOf(
      stranger.listen({ onCancellationRequest: () => ({ cancel: true, message: 'x' }) }),
    );
    expect(socket).toMatchObject({ status: 401, code: 10010009, requestId: expect.any(String) });
  });

  test('by whatever stands in between, with code 0; a redirect is not followed', async () => {
    const proxy = await TroubledProxy.before(service.url);
    const answer = () =>
      account
        .library(proxy.url)
        .answerCancellation({ order_hash: UNKNOWN, cancellation_success: true, message: 'x' });
    proxy.troubles.push({ status: 502, body: '<html>bad gateway</html>' });
    expect(await refusalOf(answer())).toMatchObject({
      status: 502,
      code: 0,
      message: 'Unexpected answer with HTTP status 502',
      details: '<html>bad gateway</html>',
    });
    proxy.troubles.push({ status: 429, headers: { 'retry-after': '7' }, body: '' });
    expect(await refusalOf(answer())).toMatchObject({ status: 429, retryAfterSeconds: 7 });
    proxy.troubles.push({ status: 307, headers: { location: `${proxy.url}/elsewhere` }, body: '' });
    await expect(answer()).rejects.toThrow('fetch failed');
    await proxy.stop();
  });
});
