import { userInfo } from 'node:os';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { OrderEvent } from '#events';
import { OrderHistoryService } from '#trading';
import { AdminTool } from './support/admin-tool.js';
import { type DueTime, makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { operatorOf } from './support/operator.js';
import { startService, type TestService } from './support/service.js';

/** Stepping in by hand: the built operator's tool beside a service that goes on serving makers and takers. */
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

/** Each command is a process, and machines that run tests are busy. */
jest.setTimeout(120_000);

const OPERATOR = { kind: 'operator', user: userInfo().username };
const UNKNOWN_HASH = `0x${'ab'.repeat(32)}`;
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

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

describe('order show', () => {
  test('has the order, its lock, its requests, its fill, and every event with who did it', async () => {
    const { maker, taker, id, hash, requestId, placed } = await askedOrder(service);
    await operator().suspend(hash);
    const suspended = await admin.json('order', 'show', id);
    expect(suspended.order).toMatchObject({
      id,
      order_hash: hash,
      maker: maker.address,
      price: placed.price,
      deadline: placed.deadline,
      status: 'suspended',
      notes: 'the desk is not sure',
    });
    expect(suspended.lock).toMatchObject({ locked_by: taker.address, taker_id: taker.takerId });
    expect(suspended.fill).toBeNull();

    await operator().resume(hash);
    succeeded(await taker.fill(placed, { fill_quantity: '40', reference_id: 'T-1' }), 200);
    const filled = await admin.json('order', 'show', hash);
    expect(filled.lock).toBeNull();
    expect(filled.fill).toMatchObject({ taker_id: taker.takerId, fill_quantity: '40', reference_id: 'T-1' });
    expect(filled.cancellation_requests).toEqual([
      expect.objectContaining({ request_id: requestId, status: 'rejected', resolved_by: 'fill' }),
    ]);
    const inCall = { http_request_id: expect.stringMatching(/^[0-9a-f-]{36}$/) };
    const ofMaker = { kind: 'maker', wallet_address: maker.address, ...inCall };
    const ofTaker = { kind: 'taker', taker_id: taker.takerId, key_id: taker.keyId, ...inCall };
    const ofOperator = { kind: 'operator', user: 'tester' };
    const short = filled.events.map(
      ({ version, type, from_status, to_status, actor }: Record<string, unknown>) => [
        version,
        type,
        from_status,
        to_status,
        actor,
      ],
    );
    expect(short).toEqual([
      [1, 'order_status_change', null, 'pending', ofMaker],
      [2, 'order_status_change', 'pending', 'locked', ofTaker],
      [3, 'cancellation_request', null, null, ofMaker],
      [4, 'order_status_change', 'locked', 'suspended', ofOperator],
      [5, 'order_status_change', 'suspended', 'locked', ofOperator],
      [6, 'cancellation_update', null, null, ofTaker],
      [7, 'order_status_change', 'locked', 'partially_filled', ofTaker],
    ]);
    for (const { time, id: eventId } of filled.events) {
      expect([time, eventId]).toEqual([
        expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        expect.stringMatching(/^[0-9a-f]{32}$/),
      ]);
    }
  });

  test('--text is a page to read, whatever people wrote', async () => {
    const { taker, hash, id } = await askedOrder(service);
    succeeded(await taker.answer(hash, false, { message: 'Half of it\nis \u001b[31mtraded' }), 200);
    await operator().suspend(hash);
    const page = await admin.text('order', 'show', hash, '--text');
    expect(page).toContain(`Order ${hash}\n  id         ${id}\n  status     suspended\n`);
    expect(page).toContain('notes      "the desk is not sure"');
    expect(page).toContain('terms      buy 100 AAPL on exchange 0 at 182.5, incentive 0.5');
    const timeline = page.slice(page.indexOf('Timeline')).trimEnd().split('\n').slice(1);
    const who = `taker taker ${taker.address}, key ${taker.keyId}`;
    const rows = [
      ['1', 'new → pending', 'maker', ''],
      ['2', 'pending → locked', who, ''],
      ['3', 'cancellation asked for', 'maker', '"user_requested"'],
      ['4', 'cancellation rejected', who, 'answer: "Half of it\\nis \\u001b[31mtraded"'],
      ['5', 'locked → suspended', 'operator tester', 'suspend: "the desk is not sure"'],
    ];
    const cells = timeline.map((line) =>
      line
        .replace(/, call [0-9a-f-]{36} */, '  ')
        .trim()
        .split(/ {2,}/),
    );
    expect(cells.map(([version, , ...rest]) => [version, ...rest])).toEqual(
      rows.map((row) => row.filter((cell) => cell !== '')),
    );
    expect(page).not.toContain('\u001b');
  });
});

describe('what cannot be read is refused', () => {
  const refusals: [string[], string | RegExp][] = [
    [
      ['order', 'show', '0x12'],
      /'0x12' is invalid.* It must be an order hash \(0x and 64 hex digits\) or an order id/,
    ],
    [['order', 'show', UNKNOWN_HASH], `lockstep: no order has the hash ${UNKNOWN_HASH}\n`],
    [['order', 'suspend', UNKNOWN_ID, '--reason', 'x'], `lockstep: no order has the id ${UNKNOWN_ID}\n`],
    [['order', 'resume', UNKNOWN_ID], `lockstep: no order has the id ${UNKNOWN_ID}\n`],
    [['order', 'cancel', UNKNOWN_ID, '--reason', 'x'], `lockstep: no order has the id ${UNKNOWN_ID}\n`],
    [['order', 'suspend', UNKNOWN_ID], /required option '--reason <text>' not specified/],
    [['order', 'cancel', UNKNOWN_ID], /required option '--reason <text>' not specified/],
    [['order', 'suspend', UNKNOWN_ID, '--reason', ' '], /It must have 1 to 1,000 characters/],
    [['order', 'suspend', UNKNOWN_ID, '--reason', 'x'.repeat(1001)], /It must have 1 to 1,000 characters/],
    [['order', 'show'], /missing required argument 'order'/],
  ];
  test.each(refusals.map(([args, said]) => ({ title: args.join(' ').slice(0, 60), args, said })))(
    '$title',
    async ({ args, said }) => {
      const stderr = await admin.refusal(...args);
      expect(stderr).toEqual(typeof said === 'string' ? said : expect.stringMatching(said));
    },
  );
});

test("the taker's reason for rejecting an order stands in its notes", async () => {
  const { taker, hash } = await lockedOrder(service);
  succeeded(await taker.reject(hash, 'The instrument is halted'), 200);
  const { order } = await admin.json('order', 'show', hash);
  expect(order).toMatchObject({ status: 'rejected', notes: 'The instrument is halted' });
});
