import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AdminTool } from './support/admin-tool.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { operatorOf } from './support/operator.js';
import { startService, type TestService } from './support/service.js';

/** What an operator is shown of an order, and told of what cannot be read. */
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

const UNKNOWN_HASH = `0x${'ab'.repeat(32)}`;
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

const operator = () => operatorOf(service);

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
