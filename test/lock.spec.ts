import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { operatorOf } from './support/operator.js';
import { startService, type TestService } from './support/service.js';

/** Taking an order and giving it back. */
let service: TestService;
beforeAll(async () => {
  service = await startService({ LOCK_TTL_SECONDS: '120' });
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

const UNKNOWN_HASH = `0x${'cd'.repeat(32)}`;

describe('lock', () => {
  test('holds a pending order for LOCK_TTL_SECONDS', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const { id, order_hash } = await maker.place();
    const { status, body } = await taker.lock(order_hash);
    expect(status).toBe(200);
    expect(body).toEqual({
      code: 0,
      data: {
        success: true,
        order_hash,
        locked_by: taker.address,
        locked_at: expect.any(String),
        expires_at: expect.any(String),
      },
    });
    expect(Date.parse(body.data.expires_at) - Date.parse(body.data.locked_at)).toBe(120_000);
    expect(await maker.order(id)).toMatchObject({ status: 'locked' });
  });

  test('for lock_duration seconds when that is given', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const { order_hash } = await maker.place();
    const { data } = succeeded(await taker.lock(order_hash, { lock_duration: 7 }), 200).body;
    expect(Date.parse(data.expires_at) - Date.parse(data.locked_at)).toBe(7_000);
  });

  test('again by its holder: the same lock, also when another duration is asked for', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const { order_hash } = await maker.place();
    const first = succeeded(await taker.lock(order_hash), 200);
    expect((await taker.lock(order_hash, { lock_duration: 5 })).body).toEqual(first.body);
  });

  test('of an order that another holds: 409004', async () => {
    const { taker, hash } = await lockedOrder(service);
    const answer = await (await service.newTaker()).lock(hash);
    expect(answer).toMatchObject({
      status: 409,
      body: {
        code: 409004,
        message: 'Order already locked',
        details: 'another holds the lock of this order',
      },
    });
  });

  test('of a lock that ran out: free again, whether or not a worker came by', async () => {
    const { maker, hash, id } = await lockedOrder(service);
    await makeDue(service.dataSource, hash, 'lock');
    const next = await service.newTaker();
    expect((await next.lock(hash)).body.data.locked_by).toBe(next.address);
    expect(await maker.order(id)).toMatchObject({ status: 'locked' });
  });

  test("under an address that is not the key's: 403001", async () => {
    const [one, other] = [await service.newTaker(), await service.newTaker()];
    const answer = await one.lock(UNKNOWN_HASH, { taker_address: other.address });
    expect(answer).toMatchObject({
      status: 403,
      body: { code: 403001, message: 'Taker address not allowed' },
    });
  });

  test('of an unknown order: 404001', async () => {
    const answer = await (await service.newTaker()).lock(UNKNOWN_HASH);
    expect(answer).toMatchObject({ status: 404, body: { code: 404001, message: 'Order not found' } });
  });

  test('of a cancelled order: 409005', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const { id, order_hash } = await maker.place();
    succeeded(await maker.cancel(id), 200);
    expect(await taker.lock(order_hash)).toMatchObject({
      status: 409,
      body: { code: 409005, message: 'Order is final', details: 'the order is cancelled, which is final' },
    });
  });

  test('past the deadline: 409008', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const { id, order_hash } = await maker.place();
    await makeDue(service.dataSource, order_hash, 'deadline');
    expect(await taker.lock(order_hash)).toMatchObject({
      status: 409,
      body: { code: 409008, message: 'Order expired', details: expect.stringContaining('deadline') },
    });
    expect(await maker.order(id)).toMatchObject({ status: 'expired' });
  });

  test('of a suspended order: 409009', async () => {
    const { hash } = await lockedOrder(service);
    await operatorOf(service).suspend(hash);
    const answer = await (await service.newTaker()).lock(hash);
    expect(answer).toMatchObject({ status: 409, body: { code: 409009, message: 'Order suspended' } });
    await operatorOf(service).resume(hash);
  });
});

describe('unlock', () => {
  test('gives the order back', async () => {
    const { maker, taker, hash, id } = await lockedOrder(service);
    const answer = await taker.unlock(hash);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      code: 0,
      data: { success: true, order_hash: hash, message: 'Order unlocked successfully' },
    });
    expect(await maker.order(id)).toMatchObject({ status: 'pending' });
  });

  test('past the deadline: expired', async () => {
    const { maker, taker, hash, id } = await lockedOrder(service);
    await makeDue(service.dataSource, hash, 'deadline');
    succeeded(await taker.unlock(hash), 200);
    expect(await maker.order(id)).toMatchObject({ status: 'expired' });
  });

  test.each(['requested', 'timed_out'])('while a request is %s: cancelled, not pending', async (status) => {
    const { maker, taker, hash, id } = await askedOrder(service);
    if (status === 'timed_out') await makeDue(service.dataSource, hash, 'request');
    succeeded(await taker.unlock(hash), 200);
    expect(await maker.order(id)).toMatchObject({
      status: 'cancelled',
      cancellation: { status: 'accepted', resolved_by: 'unlock', late: false, message: null },
    });
  });

  test('after a refused request: pending', async () => {
    const { maker, taker, hash, id } = await askedOrder(service);
    succeeded(await taker.answer(hash, false), 200);
    succeeded(await taker.unlock(hash), 200);
    expect(await maker.order(id)).toMatchObject({
      status: 'pending',
      cancellation: { status: 'rejected', resolved_by: 'answer' },
    });
  });

  test('of an order that another holds: 403002', async () => {
    const { taker, hash } = await lockedOrder(service);
    expect(await (await service.newTaker()).unlock(hash)).toMatchObject({
      status: 403,
      body: { code: 403002, details: 'another holds the lock of this order' },
    });
  });

  test('of an order that nobody holds: 409001, and details name the status', async () => {
    const { taker, hash } = await lockedOrder(service);
    succeeded(await taker.unlock(hash), 200);
    expect(await taker.unlock(hash)).toMatchObject({
      status: 409,
      body: { code: 409001, details: 'the order is not locked; its status is pending' },
    });
  });

  test('of an unknown order: 404001; of a suspended one: 409009', async () => {
    const { taker, hash } = await lockedOrder(service);
    expect(await taker.unlock(UNKNOWN_HASH)).toMatchObject({ status: 404, body: { code: 404001 } });
    await operatorOf(service).suspend(hash);
    expect(await taker.unlock(hash)).toMatchObject({ status: 409, body: { code: 409009 } });
    await operatorOf(service).resume(hash);
  });
});
