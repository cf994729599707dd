import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { operatorOf } from './support/operator.js';
import { startService, type TestService } from './support/service.js';

/** Turning a locked order down for good. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

test('a locked order is rejected, which is final', async () => {
  const { maker, taker, id, hash } = await lockedOrder(service);
  const socket = await maker.socket();
  const answer = await taker.reject(hash, 'halted');
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
    code: 0,
    data: { success: true, order_hash: hash, message: 'Order rejected successfully' },
  });
  expect(await maker.order(id)).toMatchObject({ status: 'rejected' });
  const change = await socket.hear(({ data }) => data.to_status === 'rejected');
  expect(change.data).toMatchObject({
    from_status: 'locked',
    metadata: { cause: 'reject', reason: 'halted' },
  });
  expect(await maker.cancel(id)).toMatchObject({ status: 409, body: { code: 409005 } });
  await socket.close();
});

test.each(['requested', 'timed_out'])('while a request is %s: rejected, accepted by reject', async (open) => {
  const { maker, taker, id, hash } = await askedOrder(service);
  if (open === 'timed_out') await makeDue(service.dataSource, hash, 'request');
  succeeded(await taker.reject(hash), 200);
  expect(await maker.order(id)).toMatchObject({
    status: 'rejected',
    cancellation: { status: 'accepted', resolved_by: 'reject', late: false, message: null },
  });
});

test('it is refused: not locked 409001, by another taker 403002, unknown 404001, suspended 409009', async () => {
  const { taker, hash } = await lockedOrder(service);
  const other = await service.newTaker();
  expect(await other.reject(hash)).toMatchObject({
    status: 403,
    body: { code: 403002, details: 'another holds the lock of this order' },
  });
  expect(await taker.reject(`0x${'00'.repeat(32)}`)).toMatchObject({ status: 404, body: { code: 404001 } });
  await operatorOf(service).suspend(hash);
  expect(await taker.reject(hash)).toMatchObject({ status: 409, body: { code: 409009 } });
  await operatorOf(service).resume(hash);
  succeeded(await taker.reject(hash), 200);
  expect(await taker.reject(hash)).toMatchObject({
    status: 409,
    body: { code: 409001, details: 'the order is not locked; its status is rejected' },
  });
});

test.each([
  [{ reason: '' }, 'reason must be a string of 1 to 1,000 characters'],
  [{ reason: 'x'.repeat(1001) }, 'reason must be a string of 1 to 1,000 characters'],
  [{ reason: undefined }, 'reason is required and must be a string'],
  [{ order_hash: '0x' }, 'order_hash must be 0x and 64 hex digits'],
  [{ because: 'x' }, 'because is not a known field'],
])('bad input %j: 400001', async (change, details) => {
  const { taker, hash } = await lockedOrder(service);
  const json = { order_hash: hash, reason: 'x', ...change };
  expect(await taker.call('POST', '/orders/reject', { json })).toMatchObject({
    status: 400,
    body: { code: 400001, details: expect.stringContaining(details) },
  });
});
