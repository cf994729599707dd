import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OrderEventRepository } from '#events';
import { PreparedStatement, Transaction } from '#database';
import {
  CancellationRequest,
  CancellationRequestRepository,
  FillRepository,
  type LockedOrder,
  Order,
  type OrderReference,
  OrderRepository,
  OrderStore,
} from '#trading';
import type { TakerClient } from './support/clients.js';
import { makeDue } from './support/database.js';
import { type AskedOrder, askedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { operatorOf } from './support/operator.js';
import { besideTransaction, isLockAwaited } from './support/other-transaction.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** Orders are read as they are once their row is locked, whatever was committed since the statement began. */
let service: TestService;
let taker: TakerClient;
beforeAll(async () => {
  service = await startService();
  taker = await service.newTaker();
});
afterAll(() => service.stop());

const GATE = 4711;

/** Its locks wait at the gate, between the statement's snapshot and the row. */
class GatedOrders extends OrderRepository {
  override lock(references: OrderReference[], mayWait: boolean) {
    const { statement, values } = super.lock(references, mayWait);
    const gated = statement.text.replace(
      'FOR UPDATE',
      `AND pg_advisory_xact_lock_shared(${GATE})::text = '' FOR UPDATE`,
    );
    expect(gated).not.toBe(statement.text);
    return new PreparedStatement<Order>('lock_behind_gate', gated).with(...values);
  }
}

/** Reads an order while `meanwhile` goes on before its row is locked, and is given it as it is afterwards. */
async function readAround(
  { hash }: AskedOrder,
  meanwhile: () => Promise<unknown>,
): Promise<LockedOrder | undefined> {
  const { app, dataSource } = service;
  const store = new OrderStore(
    new GatedOrders(Order, dataSource.manager),
    app.get(CancellationRequestRepository),
    app.get(FillRepository),
    app.get(OrderEventRepository),
  );
  const { reading } = await besideTransaction(dataSource, async (other) => {
    await other.query('SELECT pg_advisory_xact_lock($1)', [GATE]);
    const read = Transaction.run(dataSource, (database) =>
      store.lock(database, [{ order_hash: hash }], false),
    );
    await until(() => isLockAwaited(dataSource), 'the statement to begin');
    await meanwhile();
    return { reading: read };
  });
  return (await reading)[0];
}

const ofRequest = ({ requestId }: AskedOrder, change: string): Promise<unknown> =>
  service.dataSource.query(`UPDATE cancellation_requests SET ${change} WHERE id = $1`, [requestId]);

/** Has the time-out of a request written down. */
async function timeOut({ hash }: AskedOrder): Promise<void> {
  await makeDue(service.dataSource, hash, 'request');
  expect(
    (await taker.answer(hash, true, { request_id: '00000000-0000-4000-8000-000000000000' })).status,
  ).toBe(409);
}

describe('what is committed before the row is locked is read', () => {
  const cases: { what: string; change: (order: AskedOrder) => Promise<unknown> }[] = [
    { what: 'a push', change: (order) => ofRequest(order, 'pushed_at = requested_at') },
    {
      what: 'a suspension, and its end',
      change: async ({ hash }) => {
        await operatorOf(service).suspend(hash);
        await operatorOf(service).resume(hash);
      },
    },
    { what: 'a suspension', change: ({ hash }) => operatorOf(service).suspend(hash) },
    { what: 'an answer', change: ({ hash }) => taker.answer(hash, false) },
    {
      what: 'the time-out, and the maker asking again',
      change: async (order) => {
        await timeOut(order);
        succeeded(await order.maker.cancel(order.id), 202);
      },
    },
    {
      what: 'the lock given back, taken again, and the maker asking again',
      change: async ({ maker, hash, id }) => {
        succeeded(await taker.answer(hash, false), 200);
        succeeded(await taker.unlock(hash), 200);
        succeeded(await taker.lock(hash), 200);
        succeeded(await maker.cancel(id), 202);
      },
    },
    { what: 'a fill', change: ({ placed }) => taker.fill(placed) },
  ];

  test.each(cases)('$what', async ({ change }) => {
    const order = await askedOrder(service, { taker });
    const locked = await readAround(order, () => change(order));
    const rows = { order: await rowOf(order), request: await openRequestOf(order) };
    expect({ order: locked!.order, request: locked!.openRequest }).toEqual(rows);
    expect(locked!.now.getTime()).toBeGreaterThanOrEqual(rows.order!.updated_at.getTime());
    await expectInvariants(service.dataSource);
  });
});

const rowOf = ({ id }: AskedOrder): Promise<Order | null> =>
  service.dataSource.getRepository(Order).findOneBy({ id });

async function openRequestOf({ id }: AskedOrder): Promise<CancellationRequest | null> {
  const requests = await service.dataSource.getRepository(CancellationRequest).findBy({ order_id: id });
  return requests.find(({ status }) => ['requested', 'timed_out'].includes(status)) ?? null;
}

test('a push that is noted after an answer has read the clock went out before it', async () => {
  const order = await askedOrder(service, { taker });
  await ofRequest(order, "pushed_at = requested_at + interval '1 day'");
  succeeded(await taker.answer(order.hash, true), 200);
  const [request] = await service.dataSource.query(
    'SELECT pushed_at = resolved_at AS clamped FROM cancellation_requests WHERE id = $1',
    [order.requestId],
  );
  expect(request).toEqual({ clamped: true });
});

test('of many answers at once, with the same several times, each order gets one', async () => {
  const maker = await service.newMaker();
  const orders: AskedOrder[] = [];
  while (orders.length < 12) orders.push(await askedOrder(service, { taker, maker }));
  await Promise.all(
    orders.map(({ hash }) => Promise.all([true, false, true].map((cancel) => taker.answer(hash, cancel)))),
  );
  const [{ answers, verdicts }] = await service.dataSource.query(
    `SELECT count(*)::integer AS answers, count(DISTINCT order_id)::integer AS verdicts FROM order_events
      WHERE order_id = ANY ($1) AND type = 'cancellation_update'`,
    [orders.map(({ id }) => id)],
  );
  expect({ answers, verdicts }).toEqual({ answers: 12, verdicts: 12 });
  await expectInvariants(service.dataSource);
});

test('of a thousand requests that were refused, the latest is read, and the one that a call names', async () => {
  const { hash, id, requestId } = await askedOrder(service, { taker });
  succeeded(await taker.answer(hash, false), 200);
  const sql = (statement: string) => service.dataSource.query<{ id: string }[]>(statement, [id]);
  // before the real one, which is of version 3
  const earlier = await sql(
    `INSERT INTO cancellation_requests SELECT (jsonb_populate_record(r, jsonb_build_object(
       'id', gen_random_uuid(), 'order_version', 3 - n))).*
       FROM cancellation_requests r, generate_series(1, 1000) n WHERE order_id = $1 RETURNING id`,
  );
  const named = earlier[500]!.id;
  const lock = async (request_id?: string) => {
    const reference = { order_hash: hash, request_id };
    const [locked] = await Transaction.run(service.dataSource, (tx) =>
      service.app.get(OrderStore).lock(tx, [reference], true),
    );
    return locked!;
  };
  const [address] = taker.addresses as [string];
  expect((await lock(named)).requestTo(address, named)?.id).toBe(named);
  const locked = await lock();
  expect(locked.requestTo(address)?.id).toBe(requestId);
  expect(locked.refusedAt).toEqual(expect.any(Date));
  expect(locked.requestTo(address, named)).toBeUndefined();
  await sql('DELETE FROM cancellation_requests WHERE order_id = $1 AND order_version < 3');
  await expectInvariants(service.dataSource);
});
