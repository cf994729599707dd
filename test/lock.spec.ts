import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { operatorOf } from './support/operator.js';
import { expectRefusal, INVALID } from './support/refused.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** Taking an order and giving it back. */
let service: TestService;
beforeAll(async () => {
  service = await startService({ LOCK_TTL_SECONDS: '120', LOCK_MAX_SECONDS: '86400' });
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

  test('again by its holder: the same lock, also when a shorter one is asked for', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const { id, order_hash } = await maker.place();
    const first = succeeded(await taker.lock(order_hash), 200);
    expect((await taker.lock(order_hash)).body).toEqual(first.body);
    expect((await taker.lock(order_hash, { lock_duration: 5 })).body).toEqual(first.body);
    expect((await maker.order(id)).lock_expires_at).toBe(first.body.data.expires_at);
  });

  test('for longer than LOCK_MAX_SECONDS: 400001', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const { order_hash } = await maker.place();
    expectRefusal(
      await taker.lock(order_hash, { lock_duration: 86_401 }),
      INVALID,
      'lock_duration must be a whole number from 1 to 86400',
    );
  });

  test('without taker_address: under the only one that the taker has; with two it is required', async () => {
    const [maker, one, two] = [
      await service.newMaker(),
      await service.newTaker(),
      await service.newTaker({ addresses: 2 }),
    ];
    const { order_hash } = await maker.place();
    for (const taker_address of [undefined, null]) {
      expectRefusal(
        await two.lock(order_hash, { taker_address }),
        INVALID,
        "taker_address is required: this API key's taker has 2 addresses",
      );
    }
    const { data } = succeeded(await one.lock(order_hash, { taker_address: undefined }), 200).body;
    expect(data.locked_by).toBe(one.address);
    expect((await one.lock(order_hash, { taker_address: null })).body.data).toEqual(data);
  });

  test('of an order that another holds: 409004', async () => {
    const { hash } = await lockedOrder(service);
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

describe('extending a lock', () => {
  const eventsOf = (hash: string) =>
    service.dataSource.query(
      `SELECT from_status, to_status, actor ->> 'kind' AS by, payload #>> '{metadata,lock_id}' AS lock_id
         FROM order_events WHERE order_hash = $1 ORDER BY version`,
      [hash],
    );

  test('gives it a later end, and tells both sides', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const [ofMaker, ofTaker] = [await maker.socket(), await taker.socket()];
    const { id, order_hash } = await maker.place();
    const { data: first } = succeeded(await taker.lock(order_hash), 200).body;
    const { data: longer } = succeeded(await taker.lock(order_hash, { lock_duration: 600 }), 200).body;
    expect(longer).toEqual({ ...first, expires_at: expect.any(String) });
    expect(Date.parse(longer.expires_at)).toBeGreaterThanOrEqual(Date.parse(first.locked_at) + 600_000);
    expect(await maker.order(id)).toMatchObject({ status: 'locked', lock_expires_at: longer.expires_at });
    const [, locked, extended] = await eventsOf(order_hash);
    expect(locked).toMatchObject({ from_status: 'pending', to_status: 'locked' });
    expect(extended).toEqual({ ...locked, from_status: 'locked' });
    for (const socket of [ofMaker, ofTaker]) {
      const { data } = await socket.hear(({ data: heard }) => heard.from_status === 'locked');
      expect(data).toMatchObject({
        order_hash,
        taker: taker.address,
        to_status: 'locked',
        metadata: { lock_id: locked.lock_id, expires_at: longer.expires_at, taker_address: taker.address },
      });
      await socket.close();
    }
  });

  test('lets it live past its first end', async () => {
    const { taker, hash, id, maker } = await lockedOrder(service, { lockDuration: 1 });
    const firstEnd = Date.parse((await maker.order(id)).lock_expires_at);
    succeeded(await taker.lock(hash, { lock_duration: 600 }), 200);
    await until(() => Date.now() > firstEnd, 'the first end of the lock');
    expect((await (await service.newTaker()).lock(hash)).body.code).toBe(409004);
    succeeded(await taker.unlock(hash), 200);
  });

  test('never beyond LOCK_MAX_SECONDS after it was taken', async () => {
    const { taker, hash } = await lockedOrder(service);
    await service.dataSource.query(
      "UPDATE orders SET locked_at = locked_at - interval '1 hour' WHERE order_hash = $1",
      [hash],
    );
    const { data } = succeeded(await taker.lock(hash, { lock_duration: 86_400 }), 200).body;
    expect(Date.parse(data.expires_at) - Date.parse(data.locked_at)).toBe(86_400_000);
    expect((await taker.lock(hash, { lock_duration: 86_400 })).body.data).toEqual(data);
    expect(await eventsOf(hash)).toHaveLength(3);
  });

  test('while a request is open: that stays open, and is answered as ever', async () => {
    const { maker, taker, hash, id, requestId } = await askedOrder(service);
    const before = (await maker.order(id)).cancellation;
    succeeded(await taker.lock(hash, { lock_duration: 600 }), 200);
    expect((await maker.order(id)).cancellation).toEqual(before);
    succeeded(await taker.answer(hash, true, { request_id: requestId }), 200);
    expect(await maker.order(id)).toMatchObject({
      status: 'cancelled',
      cancellation: { status: 'accepted' },
    });
  });

  test('is for its holder alone, and not while the order is suspended', async () => {
    const taker = await service.newTaker({ addresses: 2 });
    const { hash, maker, id } = await lockedOrder(service, { taker });
    const { lock_expires_at } = await maker.order(id);
    const longer = { lock_duration: 600 };
    expect((await (await service.newTaker()).lock(hash, longer)).body.code).toBe(409004);
    const other = { ...longer, taker_address: taker.addresses[1] };
    expect((await taker.lock(hash, other)).body.code).toBe(409004);
    await operatorOf(service).suspend(hash);
    expect((await taker.lock(hash, longer)).body.code).toBe(409009);
    await operatorOf(service).resume(hash);
    expect((await maker.order(id)).lock_expires_at).toBe(lock_expires_at);
    succeeded(await taker.lock(hash, longer), 200);
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
    const { hash } = await lockedOrder(service);
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
