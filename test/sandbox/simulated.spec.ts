import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Verdict } from '#client';
import type { MakerClient } from '../support/clients.js';
import { makeDue } from '../support/database.js';
import { succeeded } from '../support/handshake.js';
import {
  KNOWN_MAKERS,
  newBot,
  PLAY_PATIENCE_MS,
  RunningSandbox,
  SANDBOX_SETTINGS,
  YES,
} from '../support/sandbox.js';
import { START_PATIENCE_MS } from '../support/service-process.js';
import { until } from '../support/until.js';

/** Simulated takers and makers, who are there without being asked. */
const MAX_OPEN_ORDERS = 3 * 7;

let sandbox: RunningSandbox;
let maker: MakerClient;
beforeAll(async () => {
  sandbox = await RunningSandbox.start();
  maker = await sandbox.service.newMaker();
}, 2 * START_PATIENCE_MS);
afterAll(() => sandbox.stop());

describe("a maker's order becomes what its quantity says", () => {
  const becomes = (hash: string, status: string) =>
    until(async () => (await maker.order(hash)).status === status, `the order to be ${status}`);
  const ask = async (hash: string): Promise<void> => {
    await becomes(hash, 'locked');
    succeeded(await maker.cancel(hash), 202);
  };
  const recorded = async (hash: string) => (await maker.order(hash)).cancellation;

  test('1, and what is no digit with zeros, stays pending', async () => {
    const left = [await maker.place({ quantity: '10' }), await maker.place({ quantity: '61' })];
    const { order_hash } = await maker.place({ quantity: '60' });
    await becomes(order_hash, 'filled');
    for (const order of left)
      expect(await maker.order(order.order_hash)).toMatchObject({ status: 'pending' });
  });

  test('2 is partly filled', async () => {
    const { order_hash } = await maker.place({ quantity: '20' });
    await becomes(order_hash, 'partially_filled');
    expect(await maker.order(order_hash)).toMatchObject({ filled_quantity: '10' });
  });

  test('3 is rejected', async () => {
    const { order_hash } = await maker.place({ quantity: '300' });
    await becomes(order_hash, 'rejected');
  });

  test('4 is partly filled after a request to cancel', async () => {
    const { order_hash } = await maker.place({ quantity: '4' });
    await ask(order_hash);
    await becomes(order_hash, 'partially_filled');
    expect(await recorded(order_hash)).toMatchObject({ status: 'rejected', resolved_by: 'fill' });
  });

  test('5 is cancelled', async () => {
    const { order_hash } = await maker.place({ quantity: '5' });
    await ask(order_hash);
    await becomes(order_hash, 'cancelled');
  });

  test('6 is filled', async () => {
    const { order_hash } = await maker.place({ quantity: '6' });
    await becomes(order_hash, 'filled');
  });

  test.each([
    ['7 accepts', '7', { resolved_by: 'answer', late: false }],
    ['70 accepts at once', '70', { resolved_by: 'answer', late: false }],
    ['700 accepts late', '700', { resolved_by: 'answer', late: true }],
    ['700000 accepts at once', '700000', { resolved_by: 'answer', late: false }],
    ['7000 accepts by unlocking first', '7000', { resolved_by: 'unlock', late: false }],
  ])('%s', async (_, quantity, how) => {
    const { order_hash } = await maker.place({ quantity });
    await ask(order_hash);
    await becomes(order_hash, 'cancelled');
    expect(await recorded(order_hash)).toMatchObject({ status: 'accepted', ...how });
  });

  test("70000 accepts by its lock's end", async () => {
    const { order_hash } = await maker.place({ quantity: '70000' });
    await ask(order_hash);
    const { lock_expires_at } = await maker.order(order_hash);
    expect(Date.parse(lock_expires_at) - Date.now()).toBeLessThan(
      60 * Number(SANDBOX_SETTINGS.SANDBOX_STEP_MS),
    );
    await makeDue(sandbox.service.dataSource, order_hash, 'lock');
    await becomes(order_hash, 'cancelled');
    expect(await recorded(order_hash)).toMatchObject({ status: 'accepted', resolved_by: 'lock_expiry' });
  });

  test('8 refuses, then fills', async () => {
    const { order_hash } = await maker.place({ quantity: '80' });
    await ask(order_hash);
    await becomes(order_hash, 'filled');
    expect(await recorded(order_hash)).toMatchObject({ status: 'rejected', resolved_by: 'answer' });
  });

  test('9 stays silent', async () => {
    const { order_hash } = await maker.place({ quantity: '90' });
    await ask(order_hash);
    await until(async () => (await recorded(order_hash)).status === 'timed_out', 'the time-out');
    expect(await maker.order(order_hash)).toMatchObject({ status: 'locked' });
  });
});

test(
  'simulated makers place orders up to a bound, ask for some of them back, and again after a time-out',
  async () => {
    const { service } = sandbox;
    const reader = (await service.newTaker()).library();
    const book = async () =>
      (await reader.availableOrders()).filter((order) => KNOWN_MAKERS.has(order.maker));
    const bookIsFull = () =>
      until(async () => (await book()).length === MAX_OPEN_ORDERS, 'the book to be full', PLAY_PATIENCE_MS);
    await bookIsFull();
    const orders = await book();
    expect(new Set(orders.map(({ ticker }) => ticker))).toEqual(new Set(['BRK.B', 'M&M']));
    expect(orders.filter(({ quantity }) => /^\d0*$/.test(quantity))).toEqual([]);

    let decide: (verdict: Verdict) => void;
    const silence = new Promise<Verdict>((resolve) => (decide = resolve));
    const { taker, asked, session } = await newBot(service, { wants: () => false, decide: () => silence });
    const { order_hash } = orders[0]!;
    succeeded(await taker.lock(order_hash), 200);
    const library = taker.library();
    const requests = async () =>
      (await library.history(order_hash)).events.filter(({ type }) => type === 'cancellation_request');
    await until(async () => (await requests()).length === 2, 'the second request', PLAY_PATIENCE_MS);
    const state = async () => (await library.cancellationRequests()).requests[0]!.status;
    await until(async () => (await state()) === 'timed_out', 'its time-out');
    const thirdWouldBeBy = performance.now() + 5 * Number(SANDBOX_SETTINGS.SANDBOX_STEP_MS);
    await until(() => performance.now() > thirdWouldBeBy, 'a third request, had there been one');
    expect([(await requests()).length, await state()]).toEqual([2, 'timed_out']);
    expect(asked).toEqual([order_hash]);
    decide!(YES);
    await until(async () => (await library.order(order_hash)).status === 'cancelled', 'the answer');
    await bookIsFull();
    await session.close();
  },
  2 * PLAY_PATIENCE_MS,
);
