import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { TradingError } from '#trading';
import type { MakerClient, TakerClient } from './support/clients.js';
import {
  askedOrder,
  type AskedOrder,
  lockedOrder,
  type LockedOrder,
  succeeded,
} from './support/handshake.js';
import type { Answer } from './support/http.js';
import { expectInvariants } from './support/invariants.js';
import { type Operator, operatorOf } from './support/operator.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** Calls that meet at the same order at the same instant. Each race is run often; exactly one outcome may win. */
const ROUNDS = 200;
/** Orders raced side by side, so that the races also meet each other. */
const SIDE_BY_SIDE = 10;
jest.setTimeout(120_000);

let service: TestService;
let maker: MakerClient;
let taker: TakerClient;
let operator: Operator;
beforeAll(async () => {
  service = await startService({ WORKER: 'inline' });
  [maker, taker] = [await service.newMaker(), await service.newTaker()];
  operator = operatorOf(service);
});
afterEach(() => expectInvariants(service.dataSource));
afterAll(() => service.stop());

/** Runs a race on fresh orders; returns how often each outcome came about. */
async function race(round: () => Promise<string>): Promise<Record<string, number>> {
  const outcomes: Record<string, number> = {};
  let left = ROUNDS;
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      const outcome = await round();
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
  return outcomes;
}

const statusesOf = (answers: Answer[]) =>
  answers.map(({ status, body }) => (status < 300 ? status : body.code)).join(' ');
const asked = () => askedOrder(service, { maker, taker });

async function transitionsTo(order: { id: string }, status: string): Promise<number> {
  const rows = await service.dataSource.query<unknown[]>(
    'SELECT 1 FROM order_events WHERE order_id = $1 AND to_status = $2',
    [order.id, status],
  );
  return rows.length;
}

async function verdictEvents(order: AskedOrder): Promise<number> {
  const rows = await service.dataSource.query<unknown[]>(
    `SELECT 1 FROM order_events
      WHERE order_id = $1 AND request_id = $2 AND payload ->> 'status' IN ('accepted', 'rejected')`,
    [order.id, order.requestId],
  );
  return rows.length;
}

describe('at the same instant', () => {
  test('two takers lock one order: one wins', async () => {
    const other = await service.newTaker();
    const outcomes = await race(async () => {
      const { order_hash } = await maker.place();
      const answers = await Promise.all([taker.lock(order_hash), other.lock(order_hash)]);
      const winner = answers.find(({ status }) => status === 200);
      const [row] = await service.dataSource.query('SELECT locked_by FROM orders WHERE order_hash = $1', [
        order_hash,
      ]);
      expect(row.locked_by).toBe(winner?.body.data.locked_by);
      return statusesOf(answers.toSorted((a, b) => a.status - b.status));
    });
    expect(outcomes).toEqual({ '200 409004': ROUNDS });
  });

  test('true and unlock: cancelled once, whichever is first', async () => {
    const outcomes = await race(async () => {
      const order = await asked();
      const [answer, unlock] = await Promise.all([taker.answer(order.hash, true), taker.unlock(order.hash)]);
      const { status, cancellation } = await maker.order(order.id);
      expect([await transitionsTo(order, 'cancelled'), await verdictEvents(order)]).toEqual([1, 1]);
      return `${statusesOf([answer, unlock])}: ${status} by ${cancellation.resolved_by}`;
    });
    // when the answer wins, there is nothing left to unlock
    const possible = ['200 409001: cancelled by answer', '200 200: cancelled by unlock'];
    expect(possible).toEqual(expect.arrayContaining(Object.keys(outcomes)));
  });

  test('true and the lock running out: cancelled once', async () => {
    const outcomes = await race(async () => {
      const order = await asked();
      await endLockWithin(order, 20);
      let answer = await taker.answer(order.hash, true);
      const first = answer;
      await until(
        async () => (await maker.order(order.id)).status === 'cancelled',
        'the order to be cancelled',
      );
      answer = await taker.answer(order.hash, true); // whoever won, the verdict agrees
      expect(await transitionsTo(order, 'cancelled')).toBe(1);
      return `${statusesOf([first, answer])}: ${(await maker.order(order.id)).cancellation.resolved_by}`;
    });
    const possible = ['200 200: answer', '200 200: lock_expiry'];
    expect(possible).toEqual(expect.arrayContaining(Object.keys(outcomes)));
  });

  test('true and false: one is recorded, the other learns which', async () => {
    const outcomes = await race(async () => {
      const order = await asked();
      const answers = await Promise.all([taker.answer(order.hash, true), taker.answer(order.hash, false)]);
      expect(await verdictEvents(order)).toBe(1);
      const { status, cancellation } = await maker.order(order.id);
      const loser = answers.find((answer) => answer.status !== 200);
      expect(loser?.body.details).toContain(`${cancellation.status} by answer`);
      return `${statusesOf(answers)}: ${status} ${cancellation.status}`;
    });
    const possible = ['200 409003: cancelled accepted', '409003 200: locked rejected'];
    expect(possible).toEqual(expect.arrayContaining(Object.keys(outcomes)));
  });

  test.each([true, false])('the same answer (%s) ten times: one transition, one event', async (verdict) => {
    const outcomes = await race(async () => {
      const order = await asked();
      const before = await transitionsTo(order, 'cancelled');
      const answers = await Promise.all(Array.from({ length: 10 }, () => taker.answer(order.hash, verdict)));
      expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
      expect([before, await transitionsTo(order, 'cancelled'), await verdictEvents(order)]).toEqual([
        0,
        verdict ? 1 : 0,
        1,
      ]);
      return statusesOf(answers);
    });
    expect(outcomes).toEqual({ [Array.from({ length: 10 }, () => 200).join(' ')]: ROUNDS });
  });

  test.each([
    ['fill', '100', 'filled'],
    ['partial fill', '40', 'partially_filled'],
  ])('%s and true: exactly one wins', async (_, fill_quantity, filled) => {
    const outcomes = await race(async () => {
      const order = await asked();
      const answers = await Promise.all([
        taker.fill(order.placed, { fill_quantity }),
        taker.answer(order.hash, true),
      ]);
      const { status, cancellation } = await maker.order(order.id);
      const loser = answers.find((answer) => answer.status !== 200);
      expect(loser?.body.details).toContain(status);
      return `${statusesOf(answers)}: ${status}, ${cancellation.status} by ${cancellation.resolved_by}`;
    });
    const possible = [`200 409003: ${filled}, rejected by fill`, '409001 200: cancelled, accepted by answer'];
    expect(possible).toEqual(expect.arrayContaining(Object.keys(outcomes)));
  });

  test('fill and the lock running out: filled, or back to pending', async () => {
    const outcomes = await race(async () => {
      const order = await lockedOrder(service, { maker, taker });
      await endLockWithin(order, 20);
      const fill = await taker.fill(order.placed);
      await until(async () => (await maker.order(order.id)).status !== 'locked', 'the lock to end');
      return `${statusesOf([fill])}: ${(await maker.order(order.id)).status}`;
    });
    expect(['200: filled', '409001: pending']).toEqual(expect.arrayContaining(Object.keys(outcomes)));
  });

  test('two fills: one counts', async () => {
    const outcomes = await race(async () => {
      const order = await lockedOrder(service, { maker, taker });
      const answers = await Promise.all([
        taker.fill(order.placed, { fill_quantity: '60' }),
        taker.fill(order.placed, { fill_quantity: '70' }),
      ]);
      return statusesOf(answers.toSorted((a, b) => a.status - b.status));
    });
    expect(outcomes).toEqual({ '200 409001': ROUNDS });
  });

  test('reject and true: rejected with consent, or cancelled', async () => {
    const outcomes = await race(async () => {
      const order = await asked();
      const answers = await Promise.all([taker.reject(order.hash), taker.answer(order.hash, true)]);
      const { status, cancellation } = await maker.order(order.id);
      return `${statusesOf(answers)}: ${status}, ${cancellation.status} by ${cancellation.resolved_by}`;
    });
    const possible = ['200 200: rejected, accepted by reject', '409001 200: cancelled, accepted by answer'];
    expect(possible).toEqual(expect.arrayContaining(Object.keys(outcomes)));
  });

  test("the operator's suspend and a fill: filled, or frozen", async () => {
    const outcomes = await race(async () => {
      const order = await lockedOrder(service, { maker, taker });
      const [suspension, fill] = await Promise.all([suspendWithin(order, 20), taker.fill(order.placed)]);
      const { status, filled_quantity } = await maker.order(order.id);
      return `${suspension}, ${statusesOf([fill])}: ${status} ${filled_quantity}`;
    });
    expect(Object.keys(outcomes).toSorted()).toEqual([
      'ORDER_FINAL, 200: filled 100',
      'suspended, 409009: suspended 0',
    ]);
  });

  test("the operator's suspend and true: cancelled, or frozen with its open request", async () => {
    const outcomes = await race(async () => {
      const order = await asked();
      const [suspension, answer] = await Promise.all([
        suspendWithin(order, 10),
        taker.answer(order.hash, true),
      ]);
      const { status, cancellation } = await maker.order(order.id);
      return `${suspension}, ${statusesOf([answer])}: ${status}, ${cancellation.status}`;
    });
    expect(Object.keys(outcomes).toSorted()).toEqual([
      'ORDER_FINAL, 200: cancelled, accepted',
      'suspended, 409009: suspended, requested',
    ]);
  });

  test("the operator's suspend and the lock running out: cancelled, or frozen with its open request", async () => {
    const outcomes = await race(async () => {
      const order = await asked();
      await endLockWithin(order, 100);
      const suspension = await suspendWithin(order, 50);
      const { status, cancellation } = await maker.order(order.id);
      return `${suspension}: ${status}, ${cancellation.status} by ${cancellation.resolved_by}`;
    });
    expect(Object.keys(outcomes).toSorted()).toEqual([
      'ORDER_FINAL: cancelled, accepted by lock_expiry',
      'suspended: suspended, requested by null',
    ]);
  });

  test("the maker's cancel and a taker's lock: cancelled, or locked and asked", async () => {
    const outcomes = await race(async () => {
      const { id, order_hash } = await maker.place();
      const answers = await Promise.all([maker.cancel(id), taker.lock(order_hash)]);
      const { status, cancellation } = await maker.order(id);
      return `${statusesOf(answers)}: ${status} ${cancellation?.status}`;
    });
    const possible = ['200 409005: cancelled undefined', '202 200: locked requested'];
    expect(possible).toEqual(expect.arrayContaining(Object.keys(outcomes)));
  });

  test('two cancels: one request', async () => {
    const outcomes = await race(async () => {
      const { id, order_hash } = await maker.place();
      succeeded(await taker.lock(order_hash), 200);
      const answers = await Promise.all([maker.cancel(id), maker.cancel(id)]);
      const [one, other] = answers.map(({ body }) => body.data.cancellation.request_id);
      expect(one).toBe(other);
      return statusesOf(answers);
    });
    expect(outcomes).toEqual({ '202 202': ROUNDS });
  });

  test('two orders with one nonce: one is placed', async () => {
    const outcomes = await race(async () => {
      const first = maker.terms();
      const terms = [first, { ...first, ticker: 'MSFT' }];
      const signatures = await Promise.all(terms.map((order) => maker.sign(order)));
      const answers = await Promise.all(
        terms.map((order, index) =>
          maker.call('POST', '/orders', { json: { order, signature: signatures[index] } }),
        ),
      );
      return statusesOf(answers.toSorted((a, b) => a.status - b.status));
    });
    expect(outcomes).toEqual({ '201 409006': ROUNDS });
  });
});

/** Suspends an order in this process, where no request has to arrive first: so it waits a little, to lose now and then. */
async function suspendWithin({ hash }: LockedOrder, milliseconds: number): Promise<string> {
  await delay(Math.random() * milliseconds);
  return operator.suspend(hash).then(
    ({ status }) => status,
    (error: TradingError) => error.code ?? error.message,
  );
}

/** Brings the end of the lock so near that the answer meets it, now before and now after. */
async function endLockWithin(order: LockedOrder, milliseconds: number): Promise<void> {
  await service.dataSource.query(
    `UPDATE orders SET locked_at = locked_at - interval '1 day',
       lock_expires_at = clock_timestamp() + random() * $2 * interval '1 millisecond' WHERE order_hash = $1`,
    [order.hash, milliseconds],
  );
}
