import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { connectMaker, createTaker, type OrderStatusChange, RequestSigner, type Taker } from '#client';
import { ApiKeysService } from '#trading';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { ExternalService } from './support/external-service.js';
import { START_PATIENCE_MS, type ServiceProcess } from './support/service-process.js';
import { TroubledProxy } from './support/troubled-proxy.js';
import { until } from './support/until.js';

/** The client library on a machine whose clock is set: what it signs is let in all the same. */
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let service: ExternalService;
let instance: ServiceProcess;
let taker: Taker;
let proxy: TroubledProxy;
beforeAll(async () => {
  service = await ExternalService.prepare();
  instance = await service.start();
  proxy = await TroubledProxy.before(service.url);
  const { takerId, address } = await service.newTaker();
  const keys = new ApiKeysService(service.dataSource, service.settings);
  const { apiKey, apiSecret } = await keys.create(takerId, { requireSignature: true });
  taker = createTaker({ url: proxy.url, address, apiKey, apiSecret });
}, START_PATIENCE_MS);
afterAll(async () => {
  await proxy.stop();
  await instance.stop();
  await service.drop();
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** From now on this process's clock, not the service's, is so far ahead. */
function setClockAhead(milliseconds: number): void {
  const begun = { time: realNow(), at: performance.now() };
  jest
    .spyOn(Date, 'now')
    .mockImplementation(() => begun.time + Math.round(performance.now() - begun.at) + milliseconds);
}
const realNow = Date.now.bind(Date);

test('every signed call succeeds while the clock is 10 minutes ahead, and at once when it is set back', async () => {
  await taker.orders();
  setClockAhead(10 * MINUTE_MS);
  await Promise.all(Array.from({ length: 5 }, () => taker.orders()));
  setClockAhead(0);
  await Promise.all(Array.from({ length: 5 }, () => taker.orders()));
  await taker.orders();
});

test.each([
  ['behind', -10 * MINUTE_MS],
  ['at the time of another zone', 14 * HOUR_MS],
])('a clock that is %s is corrected', async (_, milliseconds) => {
  setClockAhead(milliseconds);
  await taker.orders();
});

test('a call that is signed again is sent as it was', async () => {
  const maker = await service.newMaker();
  const { order_hash } = await maker.place();
  setClockAhead(10 * MINUTE_MS);
  expect(await taker.lock({ order_hash })).toMatchObject({ success: true, order_hash });
});

test('a clock that is further off is not followed: the refusal is thrown', async () => {
  setClockAhead(30 * HOUR_MS);
  await expect(taker.orders()).rejects.toMatchObject({ code: 10010011, answeredAt: expect.any(Number) });
});

test('a session comes back after a lost connection while the clock is off', async () => {
  const changes: OrderStatusChange[] = [];
  const problems: unknown[] = [];
  const session = await taker.listen({
    onCancellationRequest: () => ({ cancel: true, message: 'Not traded yet' }),
    onOrderStatusChange: (change) => changes.push(change),
    onProblem: (problem) => problems.push(problem),
  });
  problems.length = 0; // what was learned in the tests before was wrong again
  setClockAhead(10 * MINUTE_MS);
  proxy.dropSockets();
  await until(() => proxy.opened === 2, 'another socket');
  expect(problems).toMatchObject([{ message: 'the socket closed: 1006' }, { code: 10010011 }]);
  const { order_hash } = await (await service.newMaker()).place();
  await until(() => changes.some((change) => change.order_hash === order_hash), 'the new order');
  await session.close();
});

test('a wallet logs in while the clock is off', async () => {
  setClockAhead(10 * MINUTE_MS);
  const maker = await connectMaker({
    url: service.url,
    account: privateKeyToAccount(generatePrivateKey()),
    chainId: service.settings.EIP712_CHAIN_ID,
    verifyingContract: service.settings.EIP712_VERIFYING_CONTRACT,
  });
  expect(await maker.nextNonce()).toBe(0);
});

test('signatures of equal requests differ, also when the clock is set back to a time that was used', () => {
  let now = 1_768_618_824_123;
  const signers = [0, 1].map(() => new RequestSigner('a secret', () => now));
  const url = new URL('https://desk.example/api/v1/takers/orders?status=locked');
  const sign = () => signers.map((signer) => signer.headersFor('GET', url)['x-api-signature']);
  const signatures = Array.from({ length: 50 }, sign).flat();
  now += 10 * MINUTE_MS;
  signatures.push(...sign());
  now -= 10 * MINUTE_MS;
  const [headers] = signers.map((signer) => signer.headersFor('GET', url));
  expect(Number(headers!['x-api-timestamp']) - now).toBeLessThan(1_000);
  signatures.push(headers!['x-api-signature'], ...Array.from({ length: 50 }, sign).flat());
  expect(new Set(signatures).size).toBe(signatures.length);
});
