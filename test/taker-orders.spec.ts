import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OrderWriter } from '#trading';
import type { MakerClient, TakerClient } from './support/clients.js';
import { makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectRefusal, INVALID, ORDER_NOT_FOUND } from './support/refused.js';
import { startService, type TestService } from './support/service.js';

/** What a taker can read: orders that can be locked, its own, its fills, and what it is asked. */
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

describe('available orders', () => {
  const available = (taker: TakerClient, query?: Query) => read(taker, '/orders/available', query);

  test('are the pending ones, oldest first, until somebody has them', async () => {
    const taker = await service.newTaker();
    const [first, second, third] = [await maker.place(), await maker.place(), await maker.place()];
    const orders = await available(taker);
    expect(hashesOf(orders).slice(-3)).toEqual(hashesOf([first, second, third]));
    expect(orders.at(-1)).toEqual(await maker.order(third.id));

    succeeded(await taker.lock(first.order_hash), 200);
    succeeded(await maker.cancel(second.id), 200);
    await makeDue(service.dataSource, third.order_hash, 'deadline'); // no worker came by yet
    const left = hashesOf(await available(taker));
    for (const { order_hash } of [first, second, third]) expect(left).not.toContain(order_hash);
  });

  /** What a poller sees that follows the links, resolving them as any HTTP client does. */
  async function poll(taker: TakerClient, query = ''): Promise<string[][]> {
    const pages: string[][] = [];
    const prefix = '/api/v1';
    for (let path: string | undefined = `/orders/available${query}`; path;) {
      const { headers, body } = succeeded(await taker.call('GET', path), 200);
      pages.push(hashesOf(body.data));
      const target = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
      path = target && new URL(target, `https://proxy.example/desk${prefix}${path}`).href.split(prefix)[1];
    }
    return pages;
  }

  test('are led through by links, whatever becomes of the order at which a page ended', async () => {
    const taker = await service.newTaker();
    const before = (await poll(taker)).flat();
    const placed: string[] = [];
    for (let n = 0; n < 5; n++) placed.push((await maker.place()).order_hash);
    const pages = await poll(taker, '?limit=2');
    expect(pages.flat()).toEqual([...before, ...placed]);
    expect(pages.slice(0, -1).every((page) => page.length === 2)).toBe(true);

    succeeded(await taker.lock(placed[1]!), 200);
    const rest = await available(taker, { after: placed[1]!.toUpperCase().replace('X', 'x') });
    expect(hashesOf(rest)).toEqual(placed.slice(2));
    expect(hashesOf(await available(taker, { after: placed[4]! }))).toEqual([]);
    expectRefusal(
      await taker.call('GET', `/orders/available?after=0x${'00'.repeat(32)}`),
      INVALID,
      /^after must be the hash of an order/,
    );
  });

  test('are all seen by a poller, 3,000 that were placed in the same millisecond', async () => {
    const taker = await service.newTaker();
    const { order_hash } = await maker.place();
    const sql = (statement: string) => service.dataSource.query(statement, [order_hash]);
    await sql(`
      INSERT INTO orders SELECT (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(), 'nonce', n,
        'order_hash', '0x' || encode(sha256(n::text::bytea), 'hex')))).*
      FROM orders o, generate_series(100001, 103000) n WHERE order_hash = $1`);
    const [{ count }] = await service.dataSource.query(
      "SELECT count(*) FROM orders WHERE status = 'pending' AND deadline > extract(epoch FROM now())",
    );
    const pages = await poll(taker);
    expect(pages.map(({ length }) => length)).toEqual([1000, 1000, 1000, Number(count) - 3000]);
    expect(new Set(pages.flat()).size).toBe(Number(count));
    await sql(
      'DELETE FROM orders WHERE nonce > 100000 AND maker = (SELECT maker FROM orders WHERE order_hash = $1)',
    );
  });

  test('do not show what another taker was asked', async () => {
    const { taker, hash } = await askedOrder(service, { maker });
    succeeded(await taker.answer(hash, false, { message: 'already trading' }), 200);
    succeeded(await taker.unlock(hash), 200);
    const seenBy = async (who: TakerClient) =>
      (await available(who)).find(({ order_hash }: { order_hash: string }) => order_hash === hash);
    expect(await seenBy(taker)).toMatchObject({ cancellation: { message: 'already trading' } });
    expect(await seenBy(await service.newTaker())).toMatchObject({ cancellation: null });
  });
});

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

describe("a taker's fills", () => {
  const fills = (taker: TakerClient, query?: Query) => read(taker, '/orders/filled', query);

  test('are its own, with everything that it reported', async () => {
    const { taker, placed, id, hash } = await lockedOrder(service, { maker });
    const report = {
      fill_quantity: '40',
      taker_incentive: '5',
      tx_hash: `0x${'cd'.repeat(32)}`,
      block_number: 9,
      reference_id: 'T-9',
    };
    succeeded(await taker.fill(placed, report), 200);
    const data = await fills(taker);
    expect(data).toEqual({
      total: 1,
      total_is_exact: true,
      page: 1,
      page_size: 20,
      total_pages: 1,
      fills: [
        {
          ...report,
          id: expect.any(String),
          order_id: id,
          order_hash: hash,
          taker: taker.address,
          fill_amount: '7300000000000000000000',
          fee_amount: '0',
          incentive_amount: '5',
          status: 'partially_filled',
          created_at: expect.any(String),
        },
      ],
    });
    expect(await fills(await service.newTaker())).toMatchObject({ total: 0, fills: [] });
  });

  test('are narrowed, sorted and paged', async () => {
    const taker = await service.newTaker({ addresses: 2 });
    const reports = [
      { price: '10', fill_quantity: '100', taker_incentive: '3', block_number: 5 },
      { price: '30', fill_quantity: '20', taker_incentive: '1', tx_hash: `0x${'ef'.repeat(32)}` },
      { price: '21', fill_quantity: '50', taker_incentive: '2', block_number: 7 },
    ];
    const closed: { id: string; order_hash: string }[] = [];
    for (const [index, { price, ...report }] of reports.entries()) {
      const order = await maker.place({ price });
      closed.push(order);
      succeeded(await taker.lock(order.order_hash, { taker_address: taker.addresses[index % 2] }), 200);
      succeeded(await taker.fill(order.placed, report), 200);
      await service.dataSource.query('UPDATE fills SET created_at = to_timestamp($2) WHERE order_id = $1', [
        order.id,
        1_767_225_600 + index,
      ]);
    }
    const names = async (query: Query) =>
      (await fills(taker, query)).fills
        .map(({ order_id }: { order_id: string }) => 'abc'[closed.findIndex(({ id }) => id === order_id)])
        .join('');
    expect(await names({})).toBe('cba');
    expect(await names({ order_id: closed[1]!.id.toUpperCase() })).toBe('b');
    expect(await names({ order_hash: closed[1]!.order_hash })).toBe('b');
    expect(await names({ order_hash: `0x${'00'.repeat(32)}` })).toBe('');
    expect(await names({ taker: taker.addresses[1]! })).toBe('b');
    expect(await names({ tx_hash: `0x${'EF'.repeat(32)}` })).toBe('b');
    expect(await names({ status: 'filled' })).toBe('a');
    expect(await names({ status: 'partially_filled,filled' })).toBe('cba');
    expect(await names({ fill_quantity_min: '50' })).toBe('ca');
    expect(await names({ fill_quantity_max: '50' })).toBe('cb');
    expect(await names({ fill_amount_min: '1000' })).toBe('ca');
    expect(await names({ fill_amount_max: '600' })).toBe('b');
    expect(await names({ fee_amount_min: '1' })).toBe('');
    expect(await names({ fee_amount_max: '0' })).toBe('cba');
    expect(await names({ incentive_amount_min: '2', incentive_amount_max: '2' })).toBe('c');
    expect(await names({ block_number_min: 6 })).toBe('c');
    expect(await names({ block_number_max: 6 })).toBe('a');
    expect(await names({ created_after: 1_767_225_601 })).toBe('cb');
    expect(await names({ created_before: 1_767_225_601 })).toBe('a');
    expect(await names({ sort_by: 'fill_quantity' })).toBe('acb');
    expect(await names({ sort_by: 'fill_amount', sort_order: 'asc' })).toBe('bac');
    expect(await names({ sort_by: 'created_at', page: 3, page_size: 1 })).toBe('a');
  });
});

describe("a taker's cancellation requests", () => {
  const requests = (taker: TakerClient, query?: Query) => read(taker, '/takers/cancellation-requests', query);

  test('are those that can still be answered, unless others are asked for', async () => {
    const { taker, hash, requestId } = await askedOrder(service, { maker });
    const open = await requests(taker);
    const late = await askedOrder(service, { maker, taker });
    await makeDue(service.dataSource, late.hash, 'request');
    await service.app.get(OrderWriter).settle({ order_hash: late.hash });
    expect((await requests(taker)).requests).toMatchObject([
      { request_id: requestId, status: 'requested' },
      { request_id: late.requestId, status: 'timed_out' },
    ]);
    expect((await requests(taker, { status: 'timed_out' })).requests).toMatchObject([
      { request_id: late.requestId },
    ]);
    succeeded(await taker.answer(late.hash, false), 200);
    expect(open).toEqual({
      total: 1,
      total_is_exact: true,
      page: 1,
      page_size: 20,
      total_pages: 1,
      requests: [
        {
          request_id: requestId,
          order_hash: hash,
          taker_address: taker.address,
          maker: maker.address,
          reason: 'user_requested',
          status: 'requested',
          requested_at: expect.any(String),
          expires_at: expect.any(String),
          answered_at: null,
          message: null,
          late: false,
          resolved_by: null,
        },
      ],
    });
    expect(await requests(await service.newTaker())).toMatchObject({ total: 0, requests: [] });

    succeeded(await taker.answer(hash, true, { message: 'gone' }), 200);
    expect(await requests(taker)).toMatchObject({ total: 0, requests: [] });
    const answered = await requests(taker, { status: 'accepted,timed_out' });
    expect(answered.requests).toEqual([
      {
        ...open.requests[0],
        status: 'accepted',
        answered_at: expect.any(String),
        message: 'gone',
        resolved_by: 'answer',
      },
    ]);
  });

  test('are sorted by their time, and paged', async () => {
    const taker = await service.newTaker();
    const asked = [await askedOrder(service, { maker, taker }), await askedOrder(service, { maker, taker })];
    await service.dataSource.query(
      "UPDATE cancellation_requests SET requested_at = requested_at - interval '1 hour' WHERE id = $1",
      [asked[1]!.requestId],
    );
    const [first, second] = asked.map(({ hash }) => hash);
    expect(hashesOf((await requests(taker)).requests)).toEqual([first, second]);
    expect(hashesOf((await requests(taker, { sort_order: 'asc' })).requests)).toEqual([second, first]);
    expect(hashesOf((await requests(taker, { page: 2, page_size: 1 })).requests)).toEqual([second]);
  });
});
