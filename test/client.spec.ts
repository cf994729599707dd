import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type CancellationUpdate,
  connectMaker,
  createTaker,
  type Maker,
  type MakerOptions,
  type NewOrder,
  type OrderBookChange,
  type OrderStatusChange,
  type Taker,
  readConfig,
  settlementOf,
  termsOf,
} from '#client';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import type { TakerClient } from './support/clients.js';
import { startService, type TestService } from './support/service.js';
import { tokenFor } from './support/tokens.js';
import { until } from './support/until.js';

/** The library for takers and makers: calls, errors, tokens and signatures. Sessions are in client-session.spec.ts. */
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

describe('a maker', () => {
  test('places orders under the hash that it knows before, with the next nonce, and finds them again', async () => {
    const first = await maker.place(wish());
    const second = await maker.place({ ...wish(), ticker: 'NVDA', exchange: 1 });
    expect(first).toMatchObject({
      status: 'pending',
      maker: maker.address,
      principal: maker.address,
      exchange: 0,
    });
    expect(second.nonce).toBe(first.nonce + 1);
    expect(await maker.nextNonce()).toBe(second.nonce + 1);
    expect(maker.hash(second)).toBe(second.order_hash);
    expect(await maker.order(first.order_hash)).toMatchObject({ id: first.id });
    const { orders, total } = await maker.orders({ status: ['pending', 'locked'], ticker: 'NVDA' });
    expect([total, orders.map(({ id }) => id)]).toEqual([1, [second.id]]);
    expect(await maker.profile()).toMatchObject({ wallet_address: maker.address });
  });

  test('cancels what nobody holds, and asks the taker of what is held', async () => {
    const [free, held] = [await maker.place(wish()), await maker.place(wish())];
    await taker.lock({ order_hash: held.order_hash });
    expect(await maker.cancel(free.id)).toMatchObject({ success: true, status: 'cancelled' });
    const asked = await maker.cancel(held.id, { reason: 'price_moved' });
    if (asked.success) throw new Error('cancelled without asking');
    expect(asked.cancellation.status).toBe('requested');
    expect((await maker.order(held.id)).cancellation).toMatchObject({ reason: 'price_moved' });
  });

  test('hears what becomes of its orders and requests', async () => {
    const owner = await connectMaker(wallet());
    const changes: OrderStatusChange[] = [];
    const updates: CancellationUpdate[] = [];
    const session = await owner.listen({
      onOrderStatusChange: (change) => changes.push(change),
      onCancellationUpdate: (update) => updates.push(update),
    });
    const { id, order_hash } = await owner.place(wish());
    await taker.lock({ order_hash });
    await owner.cancel(id);
    await taker.answerCancellation({ order_hash, cancellation_success: true, message: 'Not traded yet' });
    await until(() => changes.some(({ to_status }) => to_status === 'cancelled'), 'the cancellation');
    expect(changes.map(({ to_status }) => to_status)).toEqual(['pending', 'locked', 'cancelled']);
    expect(updates.map(({ status, message }) => [status, message])).toEqual([
      ['requested', null],
      ['accepted', 'Not traded yet'],
    ]);
    await session.close();
  });

  test('reads how to sign before it logs in, and what has become of an order', async () => {
    const { account: signer, url } = wallet();
    const config = await readConfig({ url });
    expect(config.lock_ttl_seconds).toBe(service.settings.LOCK_TTL_SECONDS);
    const owner = await connectMaker({ url, account: signer, ...settlementOf(config) });
    const { id, order_hash } = await owner.place(wish());
    await taker.lock({ order_hash });
    const { events } = await owner.history(id);
    expect(events.map(({ type, by }) => [type, by])).toEqual([
      ['order_status_change', 'maker'],
      ['order_status_change', 'taker'],
    ]);
    expect((await owner.history(id, { after: events[0]!.id })).events).toEqual(events.slice(1));
  });

  test('logs out: its old token and its sessions end, and a further call logs in again', async () => {
    const other = await connectMaker(wallet());
    const session = await other.listen({ onOrderStatusChange: () => {} });
    const headers = { authorization: `Bearer ${await other.token()}` };
    await other.logOut();
    await session.ended;
    const status = async () =>
      (await fetch(`${service.url}/api/v1/orders/maker/next-nonce`, { headers })).status;
    await until(async () => (await status()) === 401, 'the old token to be refused');
    expect(await other.nextNonce()).toBe(0);
  });

  test('gets a new token before the old one expires', async () => {
    let logins = 0;
    const lastsAMinute = ({ address }: MakerOptions['account']) =>
      tokenFor(service, address.toLowerCase(), {}, { expiresIn: 59 });
    const options = wallet();
    const other = await connectMaker({
      ...options,
      fetch: async (request) => {
        const response = await fetch(request);
        if (!request.url.endsWith('/connect') || ++logins > 1) return response;
        return Response.json({ code: 0, data: { jwt: await lastsAMinute(options.account) } });
      },
    });
    await Promise.all([other.nextNonce(), other.nextNonce()]);
    await other.nextNonce();
    expect(logins).toBe(2);
  });
});

describe('a taker', () => {
  test('locks, unlocks and fills, and finds it in its lists', async () => {
    const order = await maker.place(wish());
    const { order_hash, signature, quantity } = order;
    expect(await taker.lock({ order_hash, lock_duration: 60 })).toMatchObject({ locked_by: account.address });
    await taker.unlock({ order_hash });
    expect((await taker.availableOrders()).map((available) => available.order_hash)).toContain(order_hash);
    await taker.lock({ order_hash, taker_address: account.address });
    const trade = { fill_quantity: quantity, taker_incentive: '0', reference_id: 'T-1' };
    const report = { order: termsOf(order), signature, ...trade };
    expect(await taker.fill(report)).toMatchObject({ status: 'filled', filled_quantity: quantity });
    expect(await taker.order(order_hash)).toMatchObject({ status: 'filled', reference_id: 'T-1' });
    expect((await taker.orders({ status: ['filled', 'rejected'], sort_by: 'price' })).total).toBe(1);
    expect((await taker.fills({ order_hash })).fills).toMatchObject([{ order_hash, reference_id: 'T-1' }]);
  });

  test('rejects', async () => {
    const { order_hash } = await maker.place(wish());
    await taker.lock({ order_hash });
    expect(await taker.reject({ order_hash, reason: 'The instrument is halted' })).toMatchObject({
      success: true,
    });
    expect((await maker.order(order_hash)).status).toBe('rejected');
  });

  test('finds what it is asked without a session', async () => {
    const { order_hash } = await maker.place(wish());
    await taker.lock({ order_hash });
    await maker.cancel(order_hash);
    const { requests } = await taker.cancellationRequests({ page_size: 1 });
    expect(requests).toMatchObject([{ order_hash, status: 'requested' }]);
    const { request_id } = requests[0]!;
    await taker.answerCancellation({
      order_hash,
      request_id,
      cancellation_success: false,
      message: 'Trading',
    });
    expect((await maker.order(order_hash)).cancellation).toMatchObject({ status: 'rejected', request_id });
  });

  test('polls what a session would hear, and reads an order back', async () => {
    const { last_id } = await taker.events();
    const { order_hash } = await maker.place(wish());
    await taker.lock({ order_hash });
    await maker.cancel(order_hash);
    const heard: string[] = [];
    let after = last_id;
    await until(async () => {
      const page = await taker.events({ after, types: ['cancellation_request'] });
      for (const event of page.events) {
        if (event.type === 'cancellation_request') heard.push(event.data.metadata.taker_address);
      }
      after = page.last_id;
      return heard.length > 0;
    }, 'the request');
    expect(heard).toEqual([account.address]);
    const { events, next_after } = await taker.history(order_hash);
    expect([events.map(({ by }) => by), next_after]).toEqual([['maker', 'taker', 'maker'], null]);
  });

  test('keeps a book', async () => {
    const [other, changes] = [(await service.newTaker()).library(), [] as OrderBookChange[]];
    const session = await taker.listen({
      onCancellationRequest: () => ({ cancel: true, message: '' }),
      onOrderBookChange: (change) => changes.push(change),
    });
    const { order_hash } = await maker.place(wish());
    await other.lock({ order_hash });
    await until(() => changes.length > 1, 'both changes');
    expect(changes.map(({ to_status, ...change }) => [change.order_hash, to_status])).toEqual([
      [order_hash, 'pending'],
      [order_hash, 'locked'],
    ]);
    await session.close();
  });

  test('finds every pending order, however many pages there are', async () => {
    const { apiKey, address } = account;
    const url = new Set<string>();
    const paging = createTaker({
      url: service.url,
      apiKey,
      address,
      fetch: (request) => {
        const small = new URL(request.url);
        small.searchParams.set('limit', '2');
        url.add(small.href);
        return fetch(new Request(small, { headers: request.headers }));
      },
    });
    for (let placed = 0; placed < 5; placed += 1) await maker.place(wish());
    const hashes = (orders: { order_hash: string }[]) => orders.map(({ order_hash }) => order_hash);
    const all = hashes(await paging.availableOrders());
    expect(all).toEqual(hashes(await taker.availableOrders()));
    expect(url.size).toBe(Math.ceil(all.length / 2));
  });

  test('calls everything else through the typed document', async () => {
    const { data } = await taker.api.GET('/health/live');
    expect(data).toEqual({ code: 0, data: { status: 'ok' } });
  });
});
