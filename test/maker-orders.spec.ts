import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MakerClient, TakerClient } from './support/clients.js';
import { lockedOrder, succeeded } from './support/handshake.js';
import { startService, type TestService } from './support/service.js';

/** A maker's list of its orders. */
const PRINCIPAL = '0x71c7656ec7ab88b098defb751b7401b5f6d8976f';
const OTHER_ASSET = '0xe9e7cea3dedca5984780bafc599bd69add087d56';
const LATER = Math.floor(Date.now() / 1000) + 90 * 24 * 3600;
const DAY_S = 24 * 3600;

/** What distinguishes the orders, oldest first; each is named by its letter. */
const ORDERS = {
  a: { ticker: 'AAPL', price: '100', quantity: '10', incentive: '1', deadline: LATER },
  b: { ticker: 'AAPL', price: '300', quantity: '30', incentive: '2', deadline: LATER + 1, is_buy: false },
  c: { ticker: 'MSFT', price: '200', quantity: '20', incentive: '3', deadline: LATER + 2, exchange: 3 },
  d: {
    ticker: 'BRK.B',
    price: '99',
    quantity: '500',
    incentive: '9',
    deadline: LATER + 3,
    asset: OTHER_ASSET,
  },
  e: {
    ticker: 'A_PL',
    price: '1000',
    quantity: '4',
    incentive: '0',
    deadline: LATER + 4,
    principal: PRINCIPAL,
  },
};
type Name = keyof typeof ORDERS;

let service: TestService;
let maker: MakerClient;
let taker: TakerClient;
const hashes = {} as Record<Name, string>;

beforeAll(async () => {
  service = await startService();
  [maker, taker] = [await service.newMaker(), await service.newTaker()];
  for (const [name, terms] of Object.entries(ORDERS)) {
    const { order_hash, placed } = await maker.place(terms);
    hashes[name as Name] = order_hash;
    await placedAt(order_hash, Object.keys(hashes).length);
    if (name === 'a') succeeded(await maker.cancel(order_hash), 200);
    if (name === 'b' || name === 'c') succeeded(await taker.lock(order_hash), 200);
    if (name === 'b') succeeded(await taker.fill(placed, { fill_quantity: '7', reference_id: 'T-1' }), 200);
    if (name === 'c') succeeded(await maker.cancel(order_hash, { reason: 'changed my mind' }), 202);
  }
  await (await service.newMaker()).place(); // nobody else's concern
});
afterAll(() => service.stop());

/** The orders are a day apart: the first was placed on the second day of 2026. */
const secondOf = (day: number) => Date.UTC(2026, 0, 1) / 1000 + day * DAY_S;
const placedAt = (hash: string, day: number) =>
  service.dataSource.query('UPDATE orders SET created_at = to_timestamp($2) WHERE order_hash = $1', [
    hash,
    secondOf(day),
  ]);

const list = async (query: Record<string, string | number> = {}, who = maker) =>
  succeeded(await who.call('GET', `/orders?${new URLSearchParams(query as Record<string, string>)}`), 200)
    .body.data;
const namesOf = ({ orders }: { orders: { order_hash: string }[] }) =>
  orders
    .map(({ order_hash }) => Object.keys(hashes).find((name) => hashes[name as Name] === order_hash))
    .join('');

describe("a maker's list", () => {
  test('has all its orders and nobody else’s, newest first', async () => {
    const data = await list();
    expect(namesOf(data)).toBe('edcba');
    expect({ ...data, orders: [] }).toEqual({
      total: 5,
      total_is_exact: true,
      page: 1,
      page_size: 20,
      total_pages: 1,
      orders: [],
    });
  });

  test('is empty for a maker without orders', async () => {
    expect(await list({}, await service.newMaker())).toMatchObject({ total: 0, total_pages: 0, orders: [] });
  });

  test('shows each order as the call for one order does', async () => {
    const { orders } = await list();
    for (const order of orders) expect(order).toEqual(await maker.order(order.id));
  });

  test('says why an order was rejected', async () => {
    const { id, taker: holder, maker: owner, hash } = await lockedOrder(service);
    expect(await owner.order(id)).toMatchObject({ notes: null });
    succeeded(await holder.reject(hash, 'The instrument is halted'), 200);
    expect((await list({}, owner)).orders).toMatchObject([{ notes: 'The instrument is halted' }]);
  });

  test('says who holds an order, while it is held', async () => {
    const { id, taker: holder, maker: owner, hash } = await lockedOrder(service);
    const held = { locked_by: holder.address, lock_expires_at: expect.stringMatching(/Z$/) };
    expect(await owner.order(id)).toMatchObject(held);
    expect((await list({}, owner)).orders).toMatchObject([held]);
    succeeded(await holder.unlock(hash), 200);
    expect(await owner.order(id)).toMatchObject({ locked_by: null, lock_expires_at: null });
  });

  test('has the fills of filled orders, and the latest cancellation', async () => {
    const [, , c, b, a] = (await list()).orders;
    expect(b.fills).toEqual([
      {
        id: expect.any(String),
        order_id: b.id,
        order_hash: hashes.b,
        taker: taker.address,
        fill_quantity: '7',
        fill_amount: '2100',
        fee_amount: '0',
        incentive_amount: '0',
        taker_incentive: '0',
        tx_hash: null,
        block_number: null,
        status: 'partially_filled',
        reference_id: 'T-1',
        created_at: expect.any(String),
      },
    ]);
    expect(c).toMatchObject({ fills: [], cancellation: { status: 'requested', reason: 'changed my mind' } });
    expect(a).toMatchObject({ status: 'cancelled', fills: [], cancellation: null });
  });
});

describe('is narrowed by', () => {
  test.each<[query: Record<string, string | number>, names: string]>([
    [{ ticker: 'AAPL' }, 'ba'],
    [{ ticker: 'aapl' }, ''],
    [{ ticker: 'apl', ticker_like: 'true' }, 'ba'],
    [{ ticker: 'AAP', ticker_like: 'true' }, 'ba'],
    [{ ticker: 'AAP', ticker_like: 'false' }, ''],
    [{ ticker: 'AAP' }, ''],
    [{ ticker: '.', ticker_like: 'true' }, 'd'],
    [{ ticker: '_', ticker_like: 'true' }, 'e'],
    [{ ticker: '%', ticker_like: 'true' }, ''],
    [{ ticker: '\\', ticker_like: 'true' }, ''],
    [{ ticker_like: 'true' }, 'edcba'],
    [{ exchange: 3 }, 'c'],
    [{ exchange: 0 }, 'edba'],
    [{ asset: OTHER_ASSET.toUpperCase().replace('X', 'x') }, 'd'],
    [{ principal: PRINCIPAL }, 'e'],
    [{ is_buy: 'false' }, 'b'],
    [{ is_buy: 'true' }, 'edca'],
    [{ nonce: 2 }, 'c'],
    [{ price_min: '200' }, 'ecb'],
    [{ price_max: '100' }, 'da'],
    [{ price_min: '100', price_max: '200' }, 'ca'],
    [{ quantity_min: '30', quantity_max: '500' }, 'db'],
    [{ incentive_min: '2', incentive_max: '3' }, 'cb'],
    [{ filled_quantity_min: '1' }, 'b'],
    [{ filled_quantity_max: '6' }, 'edca'],
    [{ status: 'pending' }, 'ed'],
    [{ status: 'cancelled,partially_filled,locked' }, 'cba'],
    [{ deadline_after: LATER + 3 }, 'ed'],
    [{ deadline_before: LATER + 3 }, 'cba'],
    [{ created_after: secondOf(4) }, 'ed'],
    [{ created_before: secondOf(4) }, 'cba'],
    [{ created_after: '2026-01-05T00:00:00Z' }, 'ed'],
    [{ created_after: '2026-01-05t00:00z' }, 'ed'],
    [{ created_after: '2026-01-05T02:00:00.000+02:00' }, 'ed'],
    [{ created_after: '2026-01-05 02:00:00 0200' }, 'ed'],
    [{ created_after: '2026-01-04T19:00:00-0500' }, 'ed'],
    [{ created_after: '2026-01-05T00:00:00.001Z' }, 'e'],
    [{ created_before: '2026-01-05T00:00:00.001Z' }, 'dcba'],
    [{ deadline_after: new Date((LATER + 3) * 1000).toISOString() }, 'ed'],
    [{ deadline_after: new Date((LATER + 3) * 1000 + 1).toISOString() }, 'e'],
    [{ deadline_before: new Date((LATER + 3) * 1000 + 1).toISOString() }, 'dcba'],
    [{ created_after: secondOf(2), created_before: secondOf(4), ticker: 'MSFT' }, 'c'],
    [{ status: 'pending', ticker: 'AAPL' }, ''],
  ])('%j', async (query, names) => {
    const data = await list(query);
    expect(namesOf(data)).toBe(names);
    expect(data.total).toBe(names.length);
  });

  test('order_hash, in any case; only among its own', async () => {
    const order_hash = hashes.d.toUpperCase().replace('X', 'x');
    expect(namesOf(await list({ order_hash }))).toBe('d');
    expect(await list({ order_hash }, await service.newMaker())).toMatchObject({ total: 0 });
  });
});

test.each(['M&M', '^GSPC', 'EURUSD=X', 'BRK B', '100%', "O'R"])(
  'a ticker as makers write them is found: %s',
  async (ticker) => {
    const owner = await service.newMaker();
    const { order_hash } = await owner.place({ ticker });
    await owner.place({ ticker: 'OTHER' });
    const part = { ticker: ticker.toLowerCase().slice(1), ticker_like: 'true' };
    for (const query of [{ ticker } as Record<string, string>, part]) {
      expect((await list(query, owner)).orders).toMatchObject([{ order_hash, ticker }]);
    }
  },
);

describe('is sorted by', () => {
  test.each([
    ['price', 'dacbe'],
    ['quantity', 'eacbd'],
    ['incentive', 'eabcd'],
    ['deadline', 'abcde'],
    ['created_at', 'abcde'],
  ])('%s', async (sort_by, ascending) => {
    expect(namesOf(await list({ sort_by, sort_order: 'asc' }))).toBe(ascending);
    const descending = [...ascending].toReversed().join('');
    expect(namesOf(await list({ sort_by, sort_order: 'desc' }))).toBe(descending);
    expect(namesOf(await list({ sort_by }))).toBe(descending);
  });
});

describe('is paged', () => {
  test('without a gap or an overlap, to the last page and past it', async () => {
    const pages = [];
    for (const page of [1, 2, 3, 4]) pages.push(await list({ page, page_size: 2 }));
    expect(pages.map(namesOf)).toEqual(['ed', 'cb', 'a', '']);
    for (const page of pages) expect(page).toMatchObject({ total: 5, page_size: 2, total_pages: 3 });
    expect(pages.map(({ page }) => page)).toEqual([1, 2, 3, 4]);
  });

  test('in one order also where the sorted values are the same', async () => {
    const twin = await service.newMaker();
    const placed = await Promise.all(Array.from({ length: 9 }, () => twin.place()));
    const seen = [];
    for (const page of [1, 2, 3]) {
      const { orders } = await list({ sort_by: 'price', page, page_size: 3 }, twin);
      seen.push(...orders.map(({ order_hash }: { order_hash: string }) => order_hash));
    }
    expect(seen.toSorted()).toEqual(placed.map(({ order_hash }) => order_hash).toSorted());
  });
});

describe('the profile', () => {
  test('is empty until the desk knows more', async () => {
    const nobody = { username: null, email: null, avatar_url: null };
    const profile = async () => (await maker.call('GET', '/makers/profiles')).body;
    expect(await profile()).toEqual({
      code: 0,
      data: { wallet_address: maker.address, ...nobody, status: 'active' },
    });
    const known = {
      username: 'Blue Harbour',
      email: 'desk@example.com',
      avatar_url: 'https://example.com/a.png',
    };
    await service.dataSource.query(
      'UPDATE makers SET username = $2, email = $3, avatar_url = $4 WHERE wallet_address = $1',
      [maker.address, ...Object.values(known)],
    );
    expect((await profile()).data).toEqual({ wallet_address: maker.address, ...known, status: 'active' });
  });
});
