import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MakerClient, TakerClient } from './support/clients.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectRefusal, ORDER_NOT_FOUND } from './support/refused.js';
import { startService, type TestService } from './support/service.js';

/** What a taker can read of its orders, and of one. */
let service: TestService;
let maker: MakerClient;
beforeAll(async () => {
  service = await startService();
  maker = await service.newMaker();
});
afterAll(() => service.stop());

type Query = Record<string, string | number>;
const read = async (taker: TakerClient, path: string, query: Query = {}) =>
  succeeded(await taker.call('GET', `${path}?${new URLSearchParams(query as Record<string, string>)}`), 200)
    .body.data;
const hashesOf = (rows: { order_hash: string }[]) => rows.map(({ order_hash }) => order_hash);
const setTime = (hash: string, column: 'created_at' | 'locked_at', second: number) =>
  service.dataSource.query(`UPDATE orders SET ${column} = to_timestamp($2) WHERE order_hash = $1`, [
    hash,
    second,
  ]);

describe("a taker's orders", () => {
  const orders = (taker: TakerClient, query?: Query) => read(taker, '/takers/orders', query);
  const one = (taker: TakerClient, hash: string) => taker.call('GET', `/takers/orders/${hash}`);

  test('are those that it holds, as their maker sees them, with the lock', async () => {
    const { taker, id, hash } = await askedOrder(service, { maker });
    const data = await orders(taker);
    expect(data).toMatchObject({ total: 1, total_is_exact: true, page: 1, page_size: 20, total_pages: 1 });
    expect(data.orders).toEqual([
      {
        ...(await maker.order(id)),
        locked_by: taker.address,
        locked_at: expect.any(String),
        lock_expires_at: expect.any(String),
        reference_id: null,
        tx_hash: null,
      },
    ]);
    expect((await one(taker, hash.toUpperCase().replace('X', 'x'))).body).toEqual({
      code: 0,
      data: data.orders[0],
    });
  });

  test('and those that it filled', async () => {
    const { taker, placed, hash } = await lockedOrder(service, { maker });
    const tx_hash = `0x${'ab'.repeat(32)}`;
    succeeded(await taker.fill(placed, { reference_id: 'T-7', tx_hash, block_number: 7 }), 200);
    const { body } = succeeded(await one(taker, hash), 200);
    expect(body.data).toMatchObject({
      status: 'filled',
      locked_by: taker.address,
      lock_expires_at: null,
      reference_id: 'T-7',
      tx_hash,
      fills: [{ tx_hash, block_number: 7, reference_id: 'T-7', status: 'filled' }],
    });
  });

  test('also when the lock has ended, and when another taker has the order, without who', async () => {
    const { taker, hash, placed } = await lockedOrder(service, { maker });
    succeeded(await taker.unlock(hash), 200);
    expect((await one(taker, hash)).body.data).toMatchObject({
      status: 'pending',
      locked_by: taker.address,
      lock_expires_at: null,
    });
    const next = await service.newTaker();
    succeeded(await next.lock(hash), 200);
    const nobody = {
      locked_by: null,
      locked_at: null,
      lock_expires_at: null,
      cancellation: null,
      notes: null,
    };
    const held = { order_hash: hash, status: 'locked', ...nobody };
    expect((await one(taker, hash)).body.data).toMatchObject(held);
    expect(await orders(taker)).toMatchObject({ total: 1, orders: [held] });
    expect(await orders(next)).toMatchObject({ total: 1, orders: [{ locked_by: next.address }] });

    const tx_hash = `0x${'ab'.repeat(32)}`;
    succeeded(await next.fill(placed, { tx_hash, reference_id: 'T-1' }), 200);
    const filled = { status: 'filled', ...nobody, fills: [], reference_id: null, tx_hash: null };
    expect((await one(taker, hash)).body.data).toMatchObject(filled);
    expect(JSON.stringify(await orders(taker))).not.toMatch(new RegExp(`${next.address}|${tx_hash}|T-1`));
  });

  test('once each, when several takers had an order in turn', async () => {
    const [a, b] = [await service.newTaker(), await service.newTaker()];
    const turns: string[] = [];
    for (let n = 0; n < 3; n++) {
      const { order_hash } = await maker.place({ price: String(100 + n) });
      turns.push(order_hash);
      for (const holder of [a, b, a, b].slice(n)) {
        succeeded(await holder.lock(order_hash), 200);
        succeeded(await holder.unlock(order_hash), 200);
      }
      if (n === 1) succeeded(await a.lock(order_hash), 200);
    }
    for (const holder of [a, b]) {
      expect(hashesOf((await orders(holder)).orders)).toEqual(turns.toReversed());
      expect(hashesOf((await orders(holder, { sort_by: 'price', sort_order: 'asc' })).orders)).toEqual(turns);
      expect(hashesOf((await orders(holder, { page: 2, page_size: 2 })).orders)).toEqual([turns[0]]);
      expect(await orders(holder, { status: 'locked' })).toMatchObject({ total: 1 });
    }
    expect((await orders(a, { status: 'locked' })).orders).toMatchObject([{ locked_by: a.address }]);
    expect((await orders(b, { status: 'locked' })).orders).toMatchObject([{ locked_by: null }]);
  });

  test('one that is pending, by its hash, also for a taker that never had it', async () => {
    const taker = await service.newTaker();
    const { order_hash, id } = await maker.place();
    expect((await one(taker, order_hash)).body.data).toEqual({
      ...(await maker.order(id)),
      locked_at: null,
      reference_id: null,
      tx_hash: null,
    });
    succeeded(await (await service.newTaker()).lock(order_hash), 200);
    expectRefusal(await one(taker, order_hash), ORDER_NOT_FOUND, `no order has the hash ${order_hash}`);
    expect(await orders(taker)).toMatchObject({ total: 0 });
  });

  test('no hash: 400; nobody’s: 404', async () => {
    const taker = await service.newTaker();
    expect(await one(taker, 'nonsense')).toMatchObject({
      status: 400,
      body: { code: 400001, details: 'order_hash must be 0x and 64 hex digits' },
    });
    expectRefusal(await one(taker, `0x${'00'.repeat(32)}`), ORDER_NOT_FOUND);
  });

  test('are narrowed, sorted and paged', async () => {
    const taker = await service.newTaker();
    const kinds = [
      { ticker: 'AAPL', price: '300', exchange: 0, is_buy: true },
      { ticker: 'MSFT', price: '100', exchange: 0, is_buy: false },
      { ticker: 'AAPL', price: '200', exchange: 4, is_buy: true },
    ];
    const hashes: string[] = [];
    for (const [index, terms] of kinds.entries()) {
      const { order_hash } = await maker.place(terms);
      hashes.push(order_hash);
      succeeded(await taker.lock(order_hash), 200);
      await setTime(order_hash, 'created_at', 1_767_225_600 + index);
      await setTime(order_hash, 'locked_at', 1_767_225_700 - index);
    }
    succeeded(await taker.reject(hashes[1]!), 200);
    const names = async (query: Query) =>
      (await orders(taker, query)).orders
        .map(({ order_hash }: { order_hash: string }) => 'abc'[hashes.indexOf(order_hash)])
        .join('');
    expect(await names({})).toBe('cba');
    expect(await names({ ticker: 'AAPL' })).toBe('ca');
    expect(await names({ exchange: 4 })).toBe('c');
    expect(await names({ is_buy: 'false' })).toBe('b');
    expect(await names({ status: 'rejected' })).toBe('b');
    expect(await names({ status: 'locked,rejected', sort_order: 'asc' })).toBe('abc');
    expect(await names({ created_after: 1_767_225_601 })).toBe('cb');
    expect(await names({ created_before: 1_767_225_601 })).toBe('a');
    expect(await names({ sort_by: 'price' })).toBe('acb');
    expect(await names({ sort_by: 'locked_at', sort_order: 'asc' })).toBe('cba');
    expect(await names({ page: 2, page_size: 2 })).toBe('a');
  });
});
