import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OrderWriter } from '#trading';
import type { TakerClient } from './support/clients.js';
import { type AskedOrder, askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { whileOrderIsHeld } from './support/other-transaction.js';
import { startService, type TestService } from './support/service.js';

/** Calls that are committed together: each is answered as if it were alone. */
let service: TestService;
let taker: TakerClient;
beforeAll(async () => {
  service = await startService();
  taker = await service.newTaker();
});
afterAll(() => service.stop());

async function askedOrders(count: number): Promise<AskedOrder[]> {
  const maker = await service.newMaker();
  const orders: AskedOrder[] = [];
  while (orders.length < count) orders.push(await askedOrder(service, { maker, taker }));
  return orders;
}

/** Answers all at once. */
async function answerAll(orders: AskedOrder[], verdict = true): Promise<number[]> {
  const answers = await Promise.all(orders.map(({ hash }) => taker.answer(hash, verdict)));
  return answers.map(({ body }) => body.code);
}

async function transactionsOf(orders: AskedOrder[], type: string): Promise<string[]> {
  const rows = await service.dataSource.query<{ xid: string }[]>(
    'SELECT DISTINCT xmin::text AS xid FROM order_events WHERE order_id = ANY($1) AND type = $2',
    [orders.map(({ id }) => id), type],
  );
  return rows.map(({ xid }) => xid);
}

async function statusesOf(orders: { id: string }[]): Promise<string[]> {
  const rows = await service.dataSource.query<{ id: string; status: string }[]>(
    'SELECT id, status FROM orders WHERE id = ANY($1)',
    [orders.map(({ id }) => id)],
  );
  return orders.map(({ id }) => rows.find((row) => row.id === id)!.status);
}

test('answers that come at once share transactions, and each has its own verdict and events', async () => {
  const orders = await askedOrders(40);
  expect(await answerAll(orders)).toEqual(orders.map(() => 0));
  expect((await transactionsOf(orders, 'cancellation_update')).length).toBeLessThan(orders.length);
  expect(await statusesOf(orders)).toEqual(orders.map(() => 'cancelled'));
  await expectInvariants(service.dataSource);
});

describe('one that goes wrong does not harm its neighbours', () => {
  test('refused: by its own reason', async () => {
    const [answered, other, ...orders] = (await askedOrders(12)) as [AskedOrder, AskedOrder, ...AskedOrder[]];
    succeeded(await taker.answer(answered.hash, true), 200);
    const unasked = await lockedOrder(service, { taker });
    const [codes, ...refused] = await Promise.all([
      answerAll(orders),
      taker.answer(answered.hash, false),
      taker.answer(unasked.hash, true),
      taker.answer(`0x${'9'.repeat(64)}`, true),
      (await service.newTaker()).answer(other.hash, true),
    ]);
    expect(codes).toEqual(orders.map(() => 0));
    expect(refused.map(({ body }) => body.code)).toEqual([409003, 409002, 404001, 403002]);
    expect(await statusesOf([other, unasked])).toEqual(['locked', 'locked']);
  });

  test('contradicting itself: it alone is suspended', async () => {
    const orders = await askedOrders(12);
    const setLock = (to: string): Promise<unknown> =>
      service.dataSource.query(
        `UPDATE cancellation_requests r SET lock_id = ${to} FROM orders o WHERE o.id = r.order_id AND o.id = $1`,
        [orders[5]!.id],
      );
    await setLock('gen_random_uuid()');
    expect(await answerAll(orders)).toEqual(orders.map((_, index) => (index === 5 ? 500001 : 0)));
    await setLock('o.lock_id');
    expect(await statusesOf(orders)).toEqual(
      orders.map((_, index) => (index === 5 ? 'suspended' : 'cancelled')),
    );
  });

  test('failing as it is written: the others are written without it', async () => {
    const orders = await askedOrders(12);
    const { dataSource } = service;
    await dataSource.query(`
      CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'this row cannot be written'; END $$;
      CREATE TRIGGER refuse_one BEFORE UPDATE ON orders FOR EACH ROW WHEN (OLD.id = '${orders[5]!.id}')
        EXECUTE FUNCTION refuse_one()`);
    expect(await answerAll(orders)).toEqual(orders.map((_, index) => (index === 5 ? 500001 : 0)));
    await dataSource.query('DROP TRIGGER refuse_one ON orders; DROP FUNCTION refuse_one');
    expect(await answerAll(orders)).toEqual(orders.map(() => 0));
    expect(await statusesOf(orders)).toEqual(orders.map(() => 'cancelled'));
  });

  test('held by another transaction: the others do not wait for it', async () => {
    const orders = await askedOrders(12);
    const [held, ...free] = orders as [AskedOrder, ...AskedOrder[]];
    let waiting: ReturnType<TakerClient['answer']> | undefined;
    await whileOrderIsHeld(service.dataSource, held.id, async () => {
      waiting = taker.answer(held.hash, true);
      expect(await answerAll(free)).toEqual(free.map(() => 0));
      expect(await statusesOf([held])).toEqual(['locked']);
    });
    succeeded(await waiting!, 200);
    expect(await statusesOf([held])).toEqual(['cancelled']);
  });
});

test('the same order many times at once, by its hash and by its id: one acts after the other', async () => {
  const [order] = (await askedOrders(1)) as [AskedOrder];
  const transactions = service.app.get(OrderWriter);
  const seen = await Promise.all([
    ...Array.from({ length: 10 }, () => taker.answer(order.hash, true)),
    ...Array.from({ length: 10 }, () =>
      transactions.onOrder({ id: order.id }, { kind: 'timer' }, ({ order: { version } }) => version),
    ),
  ]);
  expect(seen.slice(0, 10)).toEqual(seen.slice(0, 10).map(() => expect.objectContaining({ status: 200 })));
  expect((await transactionsOf([order], 'cancellation_update')).length).toBe(1);
  await expectInvariants(service.dataSource);
});

test('what a call is told does not change under it by the next one on the same order', async () => {
  const rounds = Array.from({ length: 20 }, async () => {
    const { hash } = await lockedOrder(service, { taker });
    return Promise.all([taker.lock(hash), taker.unlock(hash)]);
  });
  for (const [locked, unlocked] of await Promise.all(rounds)) {
    succeeded(unlocked, 200);
    const { expires_at } = succeeded(locked, 200).body.data;
    expect(expires_at).toEqual(expect.stringMatching(/Z$/));
  }
});

test('due steps of several orders are written together before the calls act', async () => {
  const orders = await askedOrders(10);
  await service.dataSource.query(
    `UPDATE cancellation_requests SET requested_at = requested_at - interval '1 day', expires_at = clock_timestamp()
      WHERE order_id = ANY($1)`,
    [orders.map(({ id }) => id)],
  );
  expect(await answerAll(orders, false)).toEqual(orders.map(() => 0));
  const rows = await service.dataSource.query<{ late: boolean }[]>(
    'SELECT late FROM cancellation_requests WHERE order_id = ANY($1)',
    [orders.map(({ id }) => id)],
  );
  expect(rows.map(({ late }) => late)).toEqual(orders.map(() => true));
  await expectInvariants(service.dataSource);
});

test('ids of an order grow with its changes, however transactions over several orders interleave', async () => {
  const maker = await service.newMaker();
  const takers = await Promise.all(Array.from({ length: 3 }, () => service.newTaker()));
  const orders = await Promise.all(Array.from({ length: 16 }, () => maker.place()));
  const hashes = orders.map(({ order_hash }) => order_hash);
  for (let round = 0; round < 15; round += 1) {
    await Promise.all(
      takers.flatMap((each) => hashes.map((hash) => each.lock(hash).then(() => each.unlock(hash)))),
    );
  }
  const disorder = await service.dataSource.query(
    `SELECT order_id FROM (SELECT order_id, version, lag(version) OVER (PARTITION BY order_id ORDER BY seq) AS before
       FROM order_events WHERE order_hash = ANY($1)) events WHERE version <> coalesce(before, 0) + 1`,
    [hashes],
  );
  expect(disorder).toEqual([]);
});
