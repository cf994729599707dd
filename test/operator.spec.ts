import { userInfo } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { OrderEvent } from '#events';
import { OrderHistoryService } from '#trading';
import { AdminTool } from './support/admin-tool.js';
import { type DueTime, makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { operatorOf } from './support/operator.js';
import { startService, type TestService } from './support/service.js';

/** Stepping in by hand: the operator's tool beside a service that goes on serving makers and takers. */
let service: TestService;
let admin: AdminTool;
beforeAll(async () => {
  service = await startService();
  admin = new AdminTool(service.databaseUrl);
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

const OPERATOR = { kind: 'operator', user: userInfo().username };

const operator = () => operatorOf(service);
const due = (hash: string, what: DueTime) => makeDue(service.dataSource, hash, what);

/** The order's last events, in short. */
async function lastEvents(hash: string, count: number): Promise<unknown[]> {
  const { events } = await service.app.get(OrderHistoryService).of({ order_hash: hash });
  return events.slice(-count).map(inShort);
}

function inShort({ type, from_status, to_status, actor, payload }: OrderEvent): unknown[] {
  if (type !== 'order_status_change') return [payload.status, payload.resolved_by, actor];
  const { cause } = payload.metadata as { cause: string };
  return [`${from_status} → ${to_status}`, cause, actor];
}

describe('order suspend', () => {
  test('freezes a locked order with its lock and its request; maker and taker hear why', async () => {
    const { maker, taker, id, hash, requestId, placed } = await askedOrder(service);
    const sockets = [await maker.socket(), await taker.socket()];
    const made = await admin.json('order', 'suspend', hash, '--reason', 'Price looks wrong');
    expect(made).toEqual({
      order_id: id,
      order_hash: hash,
      status: 'suspended',
      notes: 'Price looks wrong',
      updated_at: expect.any(String),
    });
    for (const socket of sockets) {
      const { data } = await socket.hear((message) => message.data.to_status === 'suspended');
      expect(data).toMatchObject({
        order_hash: hash,
        taker: taker.address,
        from_status: 'locked',
        metadata: { cause: 'suspend', reason: 'Price looks wrong', lock_id: expect.any(String) },
      });
      await socket.close();
    }

    for (const what of ['request', 'lock', 'deadline'] as const) await due(hash, what);
    const refused = [
      await taker.lock(hash),
      await taker.unlock(hash),
      await taker.fill(placed),
      await taker.reject(hash),
      await taker.answer(hash, true, { request_id: requestId }),
      await maker.cancel(id),
      await maker.call('DELETE', `/orders/${id}`),
    ];
    for (const answer of refused) {
      expect(answer).toMatchObject({ status: 409, body: { code: 409009, message: 'Order suspended' } });
    }
    expect(await maker.order(id)).toMatchObject({
      status: 'suspended',
      cancellation: { request_id: requestId, status: 'requested', resolved_by: null },
    });
  });

  test('freezes a pending order, named by its id or by its hash in any case', async () => {
    const maker = await service.newMaker();
    const [one, other] = [await maker.place(), await maker.place()];
    const upper = `0x${other.order_hash.slice(2).toUpperCase()}`;
    const made = [
      await admin.json('order', 'suspend', one.id.toUpperCase(), '--reason', 'x'),
      await admin.json('order', 'suspend', upper, '--reason', 'x'),
    ];
    expect(made).toMatchObject([
      { order_id: one.id, status: 'suspended' },
      { order_id: other.id, status: 'suspended' },
    ]);
    expect(await lastEvents(one.order_hash, 1)).toEqual([['pending → suspended', 'suspend', OPERATOR]]);
    const taker = await service.newTaker();
    expect(await taker.lock(one.order_hash)).toMatchObject({ status: 409, body: { code: 409009 } });
  });

  test('refuses a suspended and a final order', async () => {
    const { maker, hash } = await lockedOrder(service);
    await operator().suspend(hash);
    expect(await admin.refusal('order', 'suspend', hash, '--reason', 'again')).toBe(
      'lockstep: the order is suspended already\n',
    );
    const { id } = await maker.place();
    succeeded(await maker.cancel(id), 200);
    expect(await admin.refusal('order', 'suspend', id, '--reason', 'late')).toBe(
      'lockstep: the order is cancelled, which is final\n',
    );
  });
});

describe('order resume', () => {
  test('gives the order back to the taker while the lock lives, and clears the notes', async () => {
    const { maker, taker, id, hash } = await askedOrder(service);
    await operator().suspend(hash);
    await due(hash, 'request');
    const sockets = [await maker.socket(), await taker.socket()];
    const made = await admin.json('order', 'resume', hash, '--reason', 'All is well');
    expect(made).toMatchObject({ order_id: id, status: 'locked', notes: null });
    for (const socket of sockets) {
      const { data } = await socket.hear((message) => message.data.from_status === 'suspended');
      expect(data).toMatchObject({
        order_hash: hash,
        to_status: 'locked',
        taker: taker.address,
        metadata: { cause: 'resume', reason: 'All is well', expires_at: expect.any(String) },
      });
      await socket.close();
    }
    expect(await lastEvents(hash, 2)).toEqual([
      ['suspended → locked', 'resume', OPERATOR],
      ['timed_out', null, { kind: 'timer' }],
    ]);
    succeeded(await taker.answer(hash, true), 200);
    expect(await maker.order(id)).toMatchObject({
      status: 'cancelled',
      cancellation: { status: 'accepted', resolved_by: 'answer', late: true },
    });
  });

  test('makes pending what was suspended out of pending, or expired past its deadline', async () => {
    const maker = await service.newMaker();
    const [one, late] = [await maker.place(), await maker.place()];
    for (const { order_hash } of [one, late]) await operator().suspend(order_hash);
    await due(late.order_hash, 'deadline');
    expect(await admin.json('order', 'resume', one.id)).toMatchObject({ status: 'pending' });
    expect(await lastEvents(one.order_hash, 1)).toEqual([['suspended → pending', 'resume', OPERATOR]]);
    expect(await admin.json('order', 'resume', late.id)).toMatchObject({ status: 'expired' });
  });

  test('after the lock ran out: pending; cancelled with an open request; expired past the deadline', async () => {
    const plain = await lockedOrder(service);
    const asked = await askedOrder(service);
    const expired = await lockedOrder(service);
    const askedExpired = await askedOrder(service);
    for (const { hash } of [plain, asked, expired, askedExpired]) await operator().suspend(hash);
    for (const { hash } of [expired, askedExpired]) await due(hash, 'deadline');
    for (const { hash } of [plain, asked, expired, askedExpired]) await due(hash, 'lock');

    const accepted = ['accepted', 'lock_expiry', OPERATOR];
    const cases = [
      { ...plain, status: 'pending', events: [['suspended → pending', 'resume', OPERATOR]] },
      { ...asked, status: 'cancelled', events: [accepted, ['suspended → cancelled', 'resume', OPERATOR]] },
      {
        ...expired,
        status: 'expired',
        events: [
          ['suspended → pending', 'resume', OPERATOR],
          ['pending → expired', 'deadline', { kind: 'timer' }],
        ],
      },
      {
        ...askedExpired,
        status: 'expired',
        events: [
          accepted,
          ['suspended → pending', 'resume', OPERATOR],
          ['pending → expired', 'deadline', { kind: 'timer' }],
        ],
      },
    ];
    for (const { hash, status, events } of cases) {
      expect(await admin.json('order', 'resume', hash)).toMatchObject({ status, notes: null });
      expect(await lastEvents(hash, events.length)).toEqual(events);
    }
    // the verdict stands as if the lock had run out: the taker's consent agrees, its refusal does not
    succeeded(await asked.taker.answer(asked.hash, true), 200);
    expect(await asked.taker.answer(asked.hash, false)).toMatchObject({
      status: 409,
      body: { code: 409003, details: expect.stringContaining('accepted by lock_expiry') },
    });
    succeeded(await plain.taker.lock(plain.hash), 200);
  });

  test('refuses what is not suspended', async () => {
    const { hash, taker } = await lockedOrder(service);
    expect(await admin.refusal('order', 'resume', hash)).toBe(
      'lockstep: the order is not suspended; its status is locked\n',
    );
    succeeded(await taker.reject(hash), 200);
    expect(await admin.refusal('order', 'resume', hash)).toBe(
      'lockstep: the order is rejected, which is final\n',
    );
  });
});

describe('order cancel', () => {
  test('ends a suspended order; its open request counts as accepted; maker and taker hear why', async () => {
    const { maker, taker, id, hash } = await askedOrder(service);
    await operator().suspend(hash);
    const sockets = [await maker.socket(), await taker.socket()];
    const made = await admin.json('order', 'cancel', hash, '--reason', 'The desk was closed');
    expect(made).toMatchObject({ order_id: id, status: 'cancelled', notes: 'The desk was closed' });
    for (const socket of sockets) {
      const { data } = await socket.hear((message) => message.data?.to_status === 'cancelled');
      expect(data).toMatchObject({
        from_status: 'suspended',
        taker: taker.address,
        metadata: { cause: 'operator_cancel', reason: 'The desk was closed' },
      });
      await socket.close();
    }
    expect(await lastEvents(hash, 2)).toEqual([
      ['accepted', 'lock_expiry', OPERATOR],
      ['suspended → cancelled', 'operator_cancel', OPERATOR],
    ]);
    succeeded(await taker.answer(hash, true), 200);
  });

  test('ends one that was suspended out of pending, its deadline passed or not', async () => {
    const maker = await service.newMaker();
    const { order_hash } = await maker.place();
    await operator().suspend(order_hash);
    await due(order_hash, 'deadline');
    expect(await admin.json('order', 'cancel', order_hash, '--reason', 'x')).toMatchObject({
      status: 'cancelled',
    });
  });

  test('refuses what is not suspended', async () => {
    const { hash } = await lockedOrder(service);
    expect(await admin.refusal('order', 'cancel', hash, '--reason', 'x')).toBe(
      'lockstep: the order is not suspended; its status is locked\n',
    );
    await operator().suspend(hash);
    await operator().cancel(hash);
    expect(await admin.refusal('order', 'cancel', hash, '--reason', 'x')).toBe(
      'lockstep: the order is cancelled, which is final\n',
    );
  });
});
