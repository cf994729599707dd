import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OrderWriter } from '#trading';
import type { MakerClient, TakerClient } from './support/clients.js';
import { makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { startService, type TestService } from './support/service.js';

/** What a taker can read of its fills, and of what it is asked. */
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
