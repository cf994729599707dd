import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { operatorOf } from './support/operator.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** What happens by itself: the worker writes it down, and the sockets hear of it, without any call. */
let service: TestService;
beforeAll(async () => {
  service = await startService({ WORKER: 'inline', CANCELLATION_TIMEOUT_SECONDS: '1' });
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

const status = async (id: string) =>
  (await service.dataSource.query<[{ status: string }]>('SELECT status FROM orders WHERE id = $1', [id]))[0]
    .status;

describe('a request that nobody answers', () => {
  test('times out, the order stays locked, the maker is told and may ask again', async () => {
    const { maker, taker, id, hash, requestId } = await askedOrder(service);
    const socket = await maker.socket();
    const update = await socket.hear(({ data }) => data?.status === 'timed_out');
    expect(update).toMatchObject({
      type: 'cancellation_update',
      data: {
        order_hash: hash,
        order_id: id,
        request_id: requestId,
        resolved_by: null,
        late: false,
        message: null,
      },
    });
    expect(await maker.order(id)).toMatchObject({ status: 'locked', cancellation: { status: 'timed_out' } });
    expect(succeeded(await maker.cancel(id), 202).body.data.cancellation).toMatchObject({
      request_id: requestId,
      status: 'requested',
    });
    succeeded(await taker.answer(hash, true), 200);
    await socket.close();
  });
});

describe('a lock that runs out', () => {
  test('gives the order back, and its taker hears it', async () => {
    const taker = await service.newTaker();
    const socket = await taker.socket();
    const { id, hash } = await lockedOrder(service, { taker, lockDuration: 1 });
    const change = await socket.hear(
      ({ data }) => data?.order_hash === hash && data.from_status === 'locked',
    );
    expect(change.data).toMatchObject({ to_status: 'pending', taker: taker.address });
    expect(await status(id)).toBe('pending');
    await socket.close();
  });

  test('while a request is open: cancelled, accepted by lock_expiry', async () => {
    const { maker, id } = await askedOrder(service, { lockDuration: 1 });
    await until(async () => (await status(id)) === 'cancelled', 'the order to be cancelled');
    expect((await maker.order(id)).cancellation).toMatchObject({
      status: 'accepted',
      resolved_by: 'lock_expiry',
      late: false,
      message: null,
    });
  });

  test('past the deadline: expired, with or without a request', async () => {
    const [plain, asked] = [await lockedOrder(service), await askedOrder(service)];
    for (const { hash } of [plain, asked]) {
      await makeDue(service.dataSource, hash, 'deadline');
      await makeDue(service.dataSource, hash, 'lock');
    }
    for (const { id } of [plain, asked]) {
      await until(async () => (await status(id)) === 'expired', 'the order to expire');
    }
    expect((await asked.maker.order(asked.id)).cancellation).toMatchObject({
      status: 'accepted',
      resolved_by: 'lock_expiry',
    });
  });
});

describe('a deadline that passes', () => {
  test('expires a pending order; a locked one stays locked until its lock ends', async () => {
    const maker = await service.newMaker();
    const { id, order_hash } = await maker.place();
    const { id: lockedId, hash, taker } = await lockedOrder(service, { maker });
    await makeDue(service.dataSource, hash, 'deadline');
    await makeDue(service.dataSource, order_hash, 'deadline');
    await until(async () => (await status(id)) === 'expired', 'the order to expire');
    expect(await status(lockedId)).toBe('locked');
    succeeded(await taker.unlock(hash), 200);
    expect(await status(lockedId)).toBe('expired');
  });
});

test('a suspended order is frozen: nothing of it falls due', async () => {
  const frozen = await askedOrder(service);
  await operatorOf(service).suspend(frozen.hash);
  await makeDue(service.dataSource, frozen.hash, 'request');
  await makeDue(service.dataSource, frozen.hash, 'lock');
  const other = await lockedOrder(service);
  await makeDue(service.dataSource, other.hash, 'lock');
  await until(async () => (await status(other.id)) === 'pending', 'the worker to come by');
  expect(await frozen.maker.order(frozen.id)).toMatchObject({
    status: 'suspended',
    cancellation: { status: 'requested' },
  });
  await operatorOf(service).resume(frozen.hash);
  expect(await status(frozen.id)).toBe('cancelled');
});

test.each([
  ['login_nonces', 'wallet_address, nonce', `'0x${'11'.repeat(20)}', age::text`],
  ['used_signatures', 'mac', 'sha256(age::text::bytea)'],
])('%s are forgotten once what they guard is too old to be used again', async (table, columns, values) => {
  await service.dataSource.query(
    `INSERT INTO ${table} (${columns}, used_at) SELECT ${values}, clock_timestamp() - age
       FROM (VALUES (interval '3 hours'), (interval '40 minutes')) AS ages (age)`,
  );
  const olderThan = (age: string) =>
    service.dataSource.query<unknown[]>(
      `SELECT 1 FROM ${table} WHERE used_at <= clock_timestamp() - interval '${age}'`,
    );
  await until(async () => (await olderThan('2 hours')).length === 0, 'the old one to be gone');
  expect(await olderThan('30 minutes')).toHaveLength(1);
});
