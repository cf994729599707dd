import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeDue } from './support/database.js';
import { type AskedOrder, askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import type { Answer } from './support/http.js';
import { expectInvariants } from './support/invariants.js';
import { refusal } from './support/refused.js';
import { operatorOf } from './support/operator.js';
import { startService, type TestService } from './support/service.js';

/** What a taker's answer meets: the second table of contract section 6, row by row. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

const UNKNOWN_HASH = `0x${'ab'.repeat(32)}`;
const UNKNOWN_UUID = '00000000-0000-4000-8000-000000000000';

const recorded = (hash: string) => ({
  code: 0,
  data: { success: true, message: 'Cancellation result recorded', order_hash: hash },
});

async function eventsOf(hash: string): Promise<unknown[]> {
  return service.dataSource.query('SELECT * FROM order_events WHERE order_hash = $1 ORDER BY seq', [hash]);
}

/** Answers, and expects that the order and its events stay as they are. */
async function changesNothing(hash: string, answer: () => Promise<Answer>): Promise<Answer> {
  const order = () => service.dataSource.query('SELECT * FROM orders WHERE order_hash = $1', [hash]);
  const before = [await order(), await eventsOf(hash)];
  const given = await answer();
  expect([await order(), await eventsOf(hash)]).toEqual(before);
  return given;
}

describe("row 1: the address is not one of the key's", () => {
  test('403001, even for an order that does not exist', async () => {
    const { taker, hash } = await askedOrder(service);
    const other = await service.newTaker();
    const answer = await changesNothing(hash, () =>
      taker.answer(hash, true, { taker_address: other.address }),
    );
    expect(answer).toMatchObject(
      refusal(403, 403001, 'Taker address not allowed', expect.stringContaining(other.address)),
    );
    expect((await taker.answer(UNKNOWN_HASH, true, { taker_address: other.address })).status).toBe(403);
  });
});

describe('row 2: unknown hash', () => {
  test('404001', async () => {
    const taker = await service.newTaker();
    expect(await taker.answer(UNKNOWN_HASH, true)).toMatchObject(
      refusal(404, 404001, 'Order not found', expect.stringContaining(UNKNOWN_HASH)),
    );
  });
});

describe('row 3: the order is suspended', () => {
  test('409009, and the request stays open', async () => {
    const { taker, maker, hash, id, requestId } = await askedOrder(service);
    await operatorOf(service).suspend(hash);
    for (const request_id of [undefined, requestId, UNKNOWN_UUID]) {
      const answer = await changesNothing(hash, () => taker.answer(hash, true, { request_id }));
      expect(answer).toMatchObject(
        refusal(409, 409009, 'Order suspended', expect.stringContaining('suspended')),
      );
    }
    await operatorOf(service).resume(hash);
    expect((await maker.order(id)).cancellation.status).toBe('requested');
  });
});

describe('row 4: request_id names no request to this taker on this order', () => {
  test('409002 for an unknown id, and for the id of a request on another order', async () => {
    const [one, other] = [await askedOrder(service), await askedOrder(service)];
    for (const request_id of [UNKNOWN_UUID, other.requestId]) {
      const answer = await changesNothing(one.hash, () => one.taker.answer(one.hash, true, { request_id }));
      expect(answer).toMatchObject(
        refusal(409, 409002, 'No cancellation requested', expect.stringContaining(request_id)),
      );
    }
  });

  test('409002 for a request to the taker that held the order before', async () => {
    const { taker, maker, hash, id, requestId } = await askedOrder(service);
    succeeded(await taker.answer(hash, false), 200);
    succeeded(await taker.unlock(hash), 200);
    const next = await service.newTaker();
    succeeded(await next.lock(hash), 200);
    succeeded(await maker.cancel(id), 202);
    const answer = await changesNothing(hash, () => next.answer(hash, true, { request_id: requestId }));
    expect(answer).toMatchObject(refusal(409, 409002, 'No cancellation requested', expect.any(String)));
  });
});

describe('row 5: the request is open', () => {
  test.each([true, false])(
    'true is recorded: unlocked and cancelled (request_id given: %s)',
    async (named) => {
      const { taker, maker, hash, id, requestId } = await askedOrder(service);
      const answer = await taker.answer(hash, true, {
        message: 'gone',
        ...(named && { request_id: requestId }),
      });
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual(recorded(hash));
      expect(await maker.order(id)).toMatchObject({
        status: 'cancelled',
        cancellation: { status: 'accepted', resolved_by: 'answer', late: false, message: 'gone' },
      });
      const [row] = await service.dataSource.query(
        'SELECT lock_id, lock_expires_at FROM orders WHERE id = $1',
        [id],
      );
      expect(row).toEqual({ lock_id: null, lock_expires_at: null });
    },
  );

  test('true becomes expired when the deadline has passed', async () => {
    const { taker, maker, hash, id } = await askedOrder(service);
    await makeDue(service.dataSource, hash, 'deadline');
    succeeded(await taker.answer(hash, true), 200);
    expect(await maker.order(id)).toMatchObject({ status: 'expired', cancellation: { status: 'accepted' } });
  });

  test('false is recorded: the order stays locked under the same lock', async () => {
    const { taker, maker, hash, id } = await askedOrder(service);
    const lock = () =>
      service.dataSource.query('SELECT lock_id, locked_by, lock_expires_at FROM orders WHERE id = $1', [id]);
    const before = await lock();
    const answer = await taker.answer(hash, false, { message: 'already trading' });
    expect(answer.body).toEqual(recorded(hash));
    expect(await maker.order(id)).toMatchObject({
      status: 'locked',
      cancellation: { status: 'rejected', resolved_by: 'answer', late: false, message: 'already trading' },
    });
    expect(await lock()).toEqual(before);
  });

  test.each([
    [true, 'cancelled', 'accepted'],
    [false, 'locked', 'rejected'],
  ])('%s after the time-out is recorded, and marked late', async (verdict, status, cancellation) => {
    const { taker, maker, hash, id } = await askedOrder(service);
    await makeDue(service.dataSource, hash, 'request');
    expect((await taker.answer(hash, verdict)).body).toEqual(recorded(hash));
    expect(await maker.order(id)).toMatchObject({
      status,
      cancellation: { status: cancellation, late: true },
    });
  });

  test('asked again after the time-out, it is not late', async () => {
    const { taker, maker, hash, id } = await askedOrder(service);
    await makeDue(service.dataSource, hash, 'request');
    succeeded(await maker.cancel(id), 202);
    succeeded(await taker.answer(hash, true), 200);
    expect((await maker.order(id)).cancellation.late).toBe(false);
  });

  test('the hash and the address may be written in any case', async () => {
    const { taker, hash } = await askedOrder(service);
    const upper = (hex: string) => `0x${hex.slice(2).toUpperCase()}`;
    const answer = await taker.answer(upper(hash), true, { taker_address: upper(taker.address) });
    expect(answer.body).toEqual(recorded(hash));
  });
});

describe('row 6: the request was resolved and the verdict agrees', () => {
  const agreeing: [string, boolean, (order: AskedOrder) => Promise<unknown>][] = [
    ['true again', true, ({ taker, hash }) => taker.answer(hash, true)],
    ['false again', false, ({ taker, hash }) => taker.answer(hash, false)],
    ['true after it unlocked', true, ({ taker, hash }) => taker.unlock(hash)],
    ['true after it rejected the order', true, ({ taker, hash }) => taker.reject(hash)],
    ['false after it filled', false, ({ taker, placed }) => taker.fill(placed)],
    [
      'false after it filled in part',
      false,
      ({ taker, placed }) => taker.fill(placed, { fill_quantity: '1' }),
    ],
    [
      'true after the lock ran out',
      true,
      async ({ maker, hash, id }) => {
        await makeDue(service.dataSource, hash, 'lock');
        await maker.cancel(id); // any call writes down what is due
      },
    ],
  ];
  test.each(agreeing)('%s: 200, no second transition, no second event', async (_, verdict, resolve) => {
    const order = await askedOrder(service);
    await resolve(order);
    const answer = await changesNothing(order.hash, () => order.taker.answer(order.hash, verdict));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(recorded(order.hash));
  });

  test('true again, naming the request', async () => {
    const { taker, hash, requestId } = await askedOrder(service);
    succeeded(await taker.answer(hash, true), 200);
    const answer = await changesNothing(hash, () => taker.answer(hash, true, { request_id: requestId }));
    expect(answer.status).toBe(200);
  });

  test('false again, while the next taker holds the order', async () => {
    const { taker, hash } = await askedOrder(service);
    succeeded(await taker.answer(hash, false), 200);
    succeeded(await taker.unlock(hash), 200);
    succeeded(await (await service.newTaker()).lock(hash), 200);
    expect((await changesNothing(hash, () => taker.answer(hash, false))).body).toEqual(recorded(hash));
  });
});

describe('row 7: the request was resolved and the verdict disagrees', () => {
  const disagreeing: [string, boolean, string, (order: AskedOrder) => Promise<unknown>][] = [
    ['false after true', false, 'accepted by answer', ({ taker, hash }) => taker.answer(hash, true)],
    ['true after false', true, 'rejected by answer', ({ taker, hash }) => taker.answer(hash, false)],
    ['false after it unlocked', false, 'accepted by unlock', ({ taker, hash }) => taker.unlock(hash)],
    ['true after it filled', true, 'rejected by fill', ({ taker, placed }) => taker.fill(placed)],
    [
      'false after it rejected the order',
      false,
      'accepted by reject',
      ({ taker, hash }) => taker.reject(hash),
    ],
    [
      'false after the lock ran out',
      false,
      'accepted by lock_expiry',
      ({ hash }) => makeDue(service.dataSource, hash, 'lock'),
    ],
  ];
  test.each(disagreeing)('%s: 409003 with what was recorded', async (_, verdict, recordedAs, resolve) => {
    const order = await askedOrder(service);
    await resolve(order);
    const answer = await order.taker.answer(order.hash, verdict);
    const { status, cancellation } = await order.maker.order(order.id);
    expect(answer).toMatchObject(
      refusal(
        409,
        409003,
        'Cancellation already answered',
        `the cancellation was ${recordedAs} at ${cancellation.resolved_at}; the order is ${status} now`,
      ),
    );
    await changesNothing(order.hash, () => order.taker.answer(order.hash, verdict));
  });
});

describe('rows 8 to 10: there is no request', () => {
  test('row 8: the order is locked by this taker: 409002', async () => {
    const { taker, hash } = await lockedOrder(service);
    const answer = await changesNothing(hash, () => taker.answer(hash, true));
    expect(answer).toMatchObject(
      refusal(409, 409002, 'No cancellation requested', 'the maker has not asked to cancel this order'),
    );
  });

  test('row 9: the order is locked by another taker: 403002', async () => {
    const { hash } = await askedOrder(service);
    const other = await service.newTaker();
    const answer = await changesNothing(hash, () => other.answer(hash, true));
    expect(answer).toMatchObject(
      refusal(403, 403002, 'Order locked by another taker', 'another holds the lock of this order'),
    );
  });

  test('row 9: another address of the same taker does not hold the lock either: 403002', async () => {
    const taker = await service.newTaker({ addresses: 2 });
    const { hash } = await askedOrder(service, { taker });
    const answer = await changesNothing(hash, () =>
      taker.answer(hash, true, { taker_address: taker.addresses[1] }),
    );
    expect(answer).toMatchObject(refusal(403, 403002, 'Order locked by another taker', expect.any(String)));
  });

  test('row 10: not locked: 409001, and details name the status', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const { id, order_hash } = await maker.place();
    for (const status of ['pending', 'cancelled']) {
      const answer = await changesNothing(order_hash, () => taker.answer(order_hash, true));
      expect(answer).toMatchObject(
        refusal(409, 409001, 'Order not locked', `the order is not locked; its status is ${status}`),
      );
      await maker.cancel(id);
    }
  });
});
