import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PreparedStatement, Transaction } from '#database';
import { CancellationService, recordAnswers, type TakerCaller, UsualAnswers } from '#trading';
import type { TakerClient } from './support/clients.js';
import { makeDue } from './support/database.js';
import { type AskedOrder, askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { operatorOf } from './support/operator.js';
import { besideTransaction, isLockAwaited, whileOrderIsHeld } from './support/other-transaction.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** The usual answer is recorded by one statement, as OrderWriter would, and whatever is not usual is left to that. */
let service: TestService;
let taker: TakerClient;
let usual: UsualAnswers;
beforeAll(async () => {
  service = await startService();
  taker = await service.newTaker();
  usual = service.app.get(UsualAnswers);
});
afterAll(() => service.stop());

const UNKNOWN_UUID = '00000000-0000-4000-8000-000000000000';

type Given = Parameters<UsualAnswers['record']>[0];

interface Case {
  what: string;
  /** What the answer says, beside the usual. */
  changes?: Partial<Given>;
  prepare?: (order: AskedOrder) => Promise<unknown>;
}

const caller = (): TakerCaller => ({
  takerId: taker.takerId,
  keyId: taker.keyId,
  addresses: taker.addresses,
  callId: 'the call',
});

const answerTo = ({ hash }: Pick<AskedOrder, 'hash'>, changes: Partial<Given> = {}): Given => ({
  orderHash: hash,
  takerAddress: taker.address,
  cancel: true,
  message: 'Not traded yet',
  actor: { kind: 'taker', taker_id: taker.takerId, key_id: taker.keyId, http_request_id: 'the call' },
  ...changes,
});

const sql = <Row = Record<string, unknown>>(text: string, ...values: unknown[]): Promise<Row[]> =>
  service.dataSource.query<Row[]>(text, values);

/** All that is stored of an order. */
async function rowsOf({ hash }: { hash: string }): Promise<unknown[]> {
  return Promise.all([
    sql('SELECT * FROM orders WHERE order_hash = $1', hash),
    sql(
      `SELECT r.* FROM cancellation_requests r JOIN orders o ON o.id = r.order_id WHERE order_hash = $1
       ORDER BY r.order_version`,
      hash,
    ),
    sql('SELECT * FROM order_events WHERE order_hash = $1 ORDER BY seq', hash),
  ]);
}

/** The same without what no two orders share: ids and numbers go, and times stand for which of the order's they are. */
async function storyOf(order: AskedOrder): Promise<unknown> {
  const text = JSON.stringify(await rowsOf(order));
  const ids = [...new Set(text.match(/0x[0-9a-f]{64,}|[0-9a-f]{8}-[0-9a-f-]{27}/g))];
  const times = [...new Set(text.match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g))].toSorted();
  const named = [...ids, ...times].reduce((told, word) => {
    const name = ids.includes(word) ? `id ${ids.indexOf(word)}` : `time ${times.indexOf(word)}`;
    return told.replaceAll(word, name);
  }, text);
  return JSON.parse(named.replaceAll(/"(xid|seq|nonce|deadline)":"\d+"/g, '"$1":"a number"'));
}

/** Records an answer as OrderWriter does, since somebody else is at the order as it comes. */
async function recordByOrderWriter(order: AskedOrder, answer: Given): Promise<void> {
  const answers = service.app.get(CancellationService);
  const recorded = await whileOrderIsHeld(service.dataSource, order.id, async () => {
    const recording = answers.answer(caller(), answer);
    await until(() => isLockAwaited(service.dataSource), 'the answer to wait for the order');
    return { recording };
  });
  await recorded.recording;
}

const ofRequest = ({ requestId }: AskedOrder, change: string): Promise<unknown> =>
  sql(`UPDATE cancellation_requests SET ${change} WHERE id = $1`, requestId);

/** Has the time-out of a request written down. */
async function timeOut({ hash }: AskedOrder): Promise<void> {
  await makeDue(service.dataSource, hash, 'request');
  expect(await usual.record(answerTo({ hash }))).toBe(false);
  // refused, since no request has this id
  const wrong = { ...answerTo({ hash }), requestId: UNKNOWN_UUID };
  await expect(service.app.get(CancellationService).answer(caller(), wrong)).rejects.toThrow('names no');
}

describe('leaves the same behind as OrderWriter', () => {
  const cases: Case[] = [
    { what: 'the order given up' },
    { what: 'the order kept', changes: { cancel: false, message: 'Trading, "already" – \\ sorry' } },
    { what: 'given up late', prepare: timeOut },
    { what: 'kept late', changes: { cancel: false }, prepare: timeOut },
    {
      what: 'given up past the deadline',
      prepare: ({ hash }) => makeDue(service.dataSource, hash, 'deadline'),
    },
    {
      what: 'kept past the deadline',
      changes: { cancel: false },
      prepare: ({ hash }) => makeDue(service.dataSource, hash, 'deadline'),
    },
    {
      what: 'given up ages before the deadline',
      prepare: ({ id }) => sql('UPDATE orders SET deadline = $2 WHERE id = $1', id, Number.MAX_SAFE_INTEGER),
    },
    { what: 'pushed before', prepare: (order) => ofRequest(order, 'pushed_at = requested_at') },
    {
      what: 'a push noted after the answer has read the clock',
      prepare: (order) => ofRequest(order, "pushed_at = requested_at + interval '1 day'"),
    },
  ];

  test.each(cases)('$what', async ({ changes, prepare }) => {
    const maker = await service.newMaker();
    const [one, other] = [
      await askedOrder(service, { taker, maker }),
      await askedOrder(service, { taker, maker }),
    ];
    await prepare?.(one);
    await prepare?.(other);
    expect(await usual.record(answerTo(one, changes))).toBe(true);
    await recordByOrderWriter(other, answerTo(other, changes));
    expect(await storyOf(one)).toEqual(await storyOf(other));
  });

  test('the request named', async () => {
    const order = await askedOrder(service, { taker });
    expect(await usual.record(answerTo(order, { requestId: order.requestId }))).toBe(true);
    expect(await sql('SELECT status FROM orders WHERE id = $1', order.id)).toEqual([{ status: 'cancelled' }]);
    await expectInvariants(service.dataSource);
  });
});

test('of many answers at once, with the same several times, each order gets one', async () => {
  const maker = await service.newMaker();
  const orders: AskedOrder[] = [];
  while (orders.length < 12) orders.push(await askedOrder(service, { taker, maker }));
  const recorded = await Promise.all(
    orders.map((order) =>
      Promise.all([true, false, true].map((cancel) => usual.record(answerTo(order, { cancel })))),
    ),
  );
  expect(recorded.map((ofOrder) => ofOrder.filter(Boolean))).toEqual(orders.map(() => [true]));
  const transactions = await sql(
    `SELECT DISTINCT xmin FROM order_events WHERE order_id = ANY ($1) AND type = 'cancellation_update'`,
    orders.map(({ id }) => id),
  );
  expect(transactions.length).toBeLessThan(orders.length);
  await expectInvariants(service.dataSource);
});

describe('what is committed after the statement has begun, before it locks the order', () => {
  const GATE = 4711;

  /** Records an answer while `meanwhile` goes on between the statement's snapshot and its locks. */
  async function recordAround(order: AskedOrder, meanwhile: () => Promise<unknown>): Promise<unknown[]> {
    const { statement, values } = recordAnswers([answerTo(order)]);
    const wait = `AND pg_advisory_xact_lock_shared(${GATE})::text = ''`;
    const text = statement.text.replace('FOR UPDATE', `${wait} FOR UPDATE`);
    expect(text).not.toBe(statement.text);
    const recording = await besideTransaction(service.dataSource, async (other) => {
      await other.query('SELECT pg_advisory_xact_lock($1)', [GATE]);
      const recorded = Transaction.run(service.dataSource, (database) =>
        database.commit([new PreparedStatement<object>('record_later', text).with(...values)]),
      );
      await until(() => isLockAwaited(service.dataSource), 'the statement to begin');
      await meanwhile();
      return { recorded };
    });
    return (await recording.recorded)[0];
  }

  test('a push: it is recorded, and the push stays noted', async () => {
    const order = await askedOrder(service, { taker });
    const recorded = await recordAround(order, () => ofRequest(order, 'pushed_at = requested_at'));
    expect(recorded).toEqual([expect.objectContaining({ status: 'accepted', next_status: 'cancelled' })]);
    const [request] = await sql(
      'SELECT status, pushed_at = requested_at AS pushed FROM cancellation_requests WHERE id = $1',
      order.requestId,
    );
    expect(request).toEqual({ status: 'accepted', pushed: true });
  });

  test('the order suspended and resumed: it is recorded on the order as it is by then', async () => {
    const order = await askedOrder(service, { taker });
    const recorded = await recordAround(order, async () => {
      await operatorOf(service).suspend(order.hash);
      await operatorOf(service).resume(order.hash);
    });
    expect(recorded).toEqual([expect.objectContaining({ status: 'accepted', next_status: 'cancelled' })]);
    await expectInvariants(service.dataSource);
  });

  const cases: Required<Pick<Case, 'what' | 'prepare'>>[] = [
    { what: 'another answer', prepare: ({ hash }) => taker.answer(hash, false) },
    {
      what: 'the time-out, and the maker asking again',
      prepare: async (order) => {
        await timeOut(order);
        succeeded(await order.maker.cancel(order.id), 202);
      },
    },
    {
      what: 'the lock given back, taken again, and the maker asking again',
      prepare: async ({ maker, hash, id }) => {
        succeeded(await taker.answer(hash, false), 200);
        succeeded(await taker.unlock(hash), 200);
        succeeded(await taker.lock(hash), 200);
        succeeded(await maker.cancel(id), 202);
      },
    },
    { what: 'a fill', prepare: ({ placed }) => taker.fill(placed) },
    { what: "an operator's suspension", prepare: ({ hash }) => operatorOf(service).suspend(hash) },
  ];
  test.each(cases)('$what: it is not recorded', async ({ prepare }) => {
    const order = await askedOrder(service, { taker });
    const before = await rowsOf(order);
    let meanwhile: unknown[] = [];
    const recorded = await recordAround(order, async () => {
      await prepare(order);
      meanwhile = await rowsOf(order);
    });
    expect(recorded).toEqual([]);
    expect(meanwhile).not.toEqual(before);
    expect(await rowsOf(order)).toEqual(meanwhile);
  });
});

describe('is left to OrderWriter, with nothing changed, and its neighbours as they would be', () => {
  const cases: Case[] = [
    { what: 'an unknown order', changes: { orderHash: `0x${'9'.repeat(64)}` } },
    { what: 'another address', changes: { takerAddress: `0x${'1'.repeat(40)}` } },
    { what: 'another request', changes: { requestId: UNKNOWN_UUID } },
    { what: 'a lock that has run out', prepare: ({ hash }) => makeDue(service.dataSource, hash, 'lock') },
    {
      what: 'a time-out not yet written',
      prepare: ({ hash }) => makeDue(service.dataSource, hash, 'request'),
    },
    { what: 'an order that is suspended', prepare: ({ hash }) => operatorOf(service).suspend(hash) },
    { what: 'an order that is unlocked', prepare: ({ hash }) => taker.unlock(hash) },
    { what: 'a request that was answered', prepare: ({ hash }) => taker.answer(hash, false) },
    {
      what: 'a request under another lock',
      prepare: (order) => ofRequest(order, 'lock_id = gen_random_uuid()'),
    },
    {
      what: 'a request to another address',
      prepare: (order) => ofRequest(order, `taker_address = '0x${'2'.repeat(40)}'`),
    },
    {
      what: 'a request to another taker',
      prepare: (order) => ofRequest(order, 'taker_id = (SELECT id FROM takers WHERE id <> taker_id LIMIT 1)'),
    },
    { what: 'a request of a later version', prepare: (order) => ofRequest(order, 'order_version = 99') },
  ];

  test.each(cases)('$what', async ({ changes, prepare }) => {
    await service.newTaker();
    const [order, neighbour] = [await askedOrder(service, { taker }), await askedOrder(service, { taker })];
    await prepare?.(order);
    const before = await rowsOf(order);
    const answers = [answerTo(order, changes), answerTo(neighbour)];
    expect(await Promise.all(answers.map((answer) => usual.record(answer)))).toEqual([false, true]);
    expect(await rowsOf(order)).toEqual(before);
  });

  test('an order without a request', async () => {
    const order = await lockedOrder(service, { taker });
    const before = await rowsOf(order);
    expect(await usual.record(answerTo(order))).toBe(false);
    expect(await rowsOf(order)).toEqual(before);
  });

  test('an order that somebody else has locked', async () => {
    const [held, free] = [await askedOrder(service, { taker }), await askedOrder(service, { taker })];
    await whileOrderIsHeld(service.dataSource, held.id, async () => {
      const recorded = [held, free].map((order) => usual.record(answerTo(order)));
      expect(await Promise.all(recorded)).toEqual([false, true]);
    });
  });

  test('words that cannot be stored: the neighbours as well', async () => {
    const orders = [await askedOrder(service, { taker }), await askedOrder(service, { taker })];
    const before = await Promise.all(orders.map(rowsOf));
    const recorded = orders.map((order, index) =>
      usual.record(answerTo(order, index === 0 ? { message: 'm'.repeat(1001) } : {})),
    );
    expect(await Promise.all(recorded)).toEqual([false, false]);
    expect(await Promise.all(orders.map(rowsOf))).toEqual(before);
  });
});
