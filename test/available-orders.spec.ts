import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MakerClient, TakerClient } from './support/clients.js';
import { makeDue } from './support/database.js';
import { askedOrder, succeeded } from './support/handshake.js';
import { expectRefusal, INVALID } from './support/refused.js';
import { startService, type TestService } from './support/service.js';

/** The orders that a taker can lock. */
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
