import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { operatorOf } from './support/operator.js';
import { startService, type TestService } from './support/service.js';

/** What the maker's cancel meets: the first table of contract section 6. */
let service: TestService;
beforeAll(async () => {
  service = await startService({ CANCELLATION_TIMEOUT_SECONDS: '60' });
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

describe('a pending order', () => {
  test.each(['POST', 'DELETE'])('is cancelled at once (%s)', async (method) => {
    const maker = await service.newMaker();
    const { id } = await maker.place();
    const answer = await maker.call(method, method === 'POST' ? `/orders/${id}/cancel` : `/orders/${id}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      code: 0,
      data: { success: true, order_id: id, status: 'cancelled', message: 'Order cancelled successfully' },
    });
    expect(await maker.order(id)).toMatchObject({ status: 'cancelled', cancellation: null });
  });

  test('whose deadline has passed is expired, and final', async () => {
    const maker = await service.newMaker();
    const { id, order_hash } = await maker.place();
    await makeDue(service.dataSource, order_hash, 'deadline');
    const answer = await maker.cancel(id);
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 409005, message: 'Order is final', details: 'the order is expired, which is final' },
    });
    expect(await maker.order(id)).toMatchObject({ status: 'expired' });
  });
});

describe('a locked order', () => {
  test('without an open request: the request is recorded and asked of the taker', async () => {
    const { maker, taker, id, hash } = await lockedOrder(service);
    const socket = await taker.socket();
    const answer = await maker.cancel(id, { reason: 'changed my mind' });
    expect(answer.status).toBe(202);
    const { cancellation, ...rest } = answer.body.data;
    expect(rest).toEqual({
      success: false,
      order_id: id,
      status: 'cancellation_requested',
      message: expect.any(String),
    });
    expect(cancellation).toEqual({
      request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      status: 'requested',
      requested_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      expires_at: expect.any(String),
      pushed_at: null,
    });
    expect(Date.parse(cancellation.expires_at) - Date.parse(cancellation.requested_at)).toBe(60_000);
    const push = await socket.hearAbout('cancellation_request', hash);
    expect(push.data).toMatchObject({ reason: 'changed my mind' });
    expect(await maker.order(id)).toMatchObject({ status: 'locked', cancellation: { status: 'requested' } });
    await socket.close();
  });

  test('is asked for by its hash as well, and by DELETE', async () => {
    const { maker, hash, id } = await lockedOrder(service);
    const answer = await maker.call('DELETE', `/orders/0x${hash.slice(2).toUpperCase()}`);
    expect(answer).toMatchObject({ status: 202, body: { data: { order_id: id } } });
  });

  test('with a request that is `requested`: the same request, nothing new', async () => {
    const { maker, id, requestId } = await askedOrder(service);
    const before = await service.dataSource.query('SELECT version FROM orders WHERE id = $1', [id]);
    const again = await maker.cancel(id, { reason: 'impatience' });
    expect(again).toMatchObject({
      status: 202,
      body: { data: { success: false, cancellation: { request_id: requestId, status: 'requested' } } },
    });
    expect(await service.dataSource.query('SELECT version FROM orders WHERE id = $1', [id])).toEqual(before);
  });

  test('with a request that timed out: the same request, asked again with a new expiry', async () => {
    const { maker, taker, id, hash, requestId } = await askedOrder(service);
    await makeDue(service.dataSource, hash, 'request');
    const socket = await taker.socket();
    const again = await maker.cancel(id);
    expect(again).toMatchObject({
      status: 202,
      body: { data: { cancellation: { request_id: requestId, status: 'requested' } } },
    });
    const { expires_at } = again.body.data.cancellation;
    const push = await socket.hear(
      ({ type, data }) => type === 'cancellation_request' && data.metadata.expires_at === expires_at,
    );
    expect(push.data.metadata).toMatchObject({ request_id: requestId, redelivered: false });
    const { cancellation } = await maker.order(id);
    expect(cancellation).toMatchObject({ status: 'requested', late: false, expires_at });
    await socket.close();
  });

  test('after a refusal: a new request', async () => {
    const { maker, taker, id, hash, requestId } = await askedOrder(service);
    succeeded(await taker.answer(hash, false), 200);
    const again = succeeded(await maker.cancel(id), 202);
    expect(again.body.data.cancellation.request_id).not.toBe(requestId);
  });
});

describe('an order that cannot be cancelled', () => {
  test('because it is final: 409005, and details name the status', async () => {
    const maker = await service.newMaker();
    const { id } = await maker.place();
    await maker.cancel(id);
    expect(await maker.cancel(id)).toMatchObject({
      status: 409,
      body: { code: 409005, message: 'Order is final', details: 'the order is cancelled, which is final' },
    });
  });

  test('because it is suspended: 409009, and its open request is frozen', async () => {
    const { maker, id, hash } = await askedOrder(service);
    await operatorOf(service).suspend(hash);
    expect(await maker.cancel(id)).toMatchObject({
      status: 409,
      body: { code: 409009, message: 'Order suspended', details: expect.stringContaining('suspended') },
    });
    expect(await maker.order(id)).toMatchObject({
      status: 'suspended',
      cancellation: { status: 'requested' },
    });
    await operatorOf(service).resume(hash);
  });

  test("because it is another maker's, or unknown: 404001", async () => {
    const [owner, stranger] = [await service.newMaker(), await service.newMaker()];
    const { id, order_hash } = await owner.place();
    const unknown = '00000000-0000-4000-8000-000000000000';
    for (const reference of [id, order_hash, unknown, `0x${'00'.repeat(32)}`]) {
      expect(await stranger.cancel(reference)).toMatchObject({
        status: 404,
        body: { code: 404001, message: 'Order not found', details: expect.stringContaining(reference) },
      });
    }
    expect(await owner.order(id)).toMatchObject({ status: 'pending' });
  });
});
