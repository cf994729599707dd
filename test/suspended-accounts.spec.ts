import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MakersService, TakersService } from '#trading';
import type { TakerClient } from './support/clients.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { ACCOUNT_SUSPENDED, expectRefusal } from './support/refused.js';
import { startService, type TestService } from './support/service.js';
import { Socket } from './support/socket.js';
import { until } from './support/until.js';

/** Makers and takers that the operator has shut out: what they can still do, and that it ends nothing that runs. */
jest.setTimeout(60_000);

const WITHIN_MS = 5_000;
const SERVICE_RESTART = 1012;
const STEP = { operator: 'tester', reason: 'the desk is not sure' };

let service: TestService;
let makers: MakersService;
let takers: TakersService;
beforeAll(async () => {
  service = await startService();
  makers = service.app.get(MakersService);
  takers = service.app.get(TakersService);
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

/** A key is believed for a moment to be what it was. */
const untilStanding = (taker: TakerClient, status: number) =>
  until(
    async () => (await taker.call('GET', '/orders/available')).status === status,
    `an answer of ${status}`,
  );

describe('a suspended maker', () => {
  test('places nothing within 5 s, cancels what it has, and places again when it is resumed', async () => {
    const maker = await service.newMaker();
    const { id } = await maker.place();
    const place = async () => {
      const order = maker.terms();
      return maker.call('POST', '/orders', { json: { order, signature: await maker.sign(order) } });
    };
    await makers.suspend(maker.address, STEP);
    const suspended = performance.now();
    await until(async () => (await place()).status === 403, 'the maker to be refused');
    expect(performance.now() - suspended).toBeLessThan(WITHIN_MS);
    expectRefusal(await place(), ACCOUNT_SUSPENDED, /^the maker's status is suspended: only an active one/);
    expect((await maker.call('GET', '/makers/profiles')).body.data.status).toBe('suspended');
    succeeded(await maker.cancel(id), 200);
    await makers.resume(maker.address, STEP);
    await until(async () => (await place()).status === 201, 'the maker to be let in');
  });

  test('asks for the cancellation of a locked order, and hears the answer', async () => {
    const { maker, taker, id, hash } = await lockedOrder(service);
    await makers.suspend(maker.address, STEP);
    const socket = await maker.socket();
    succeeded(await maker.cancel(id), 202);
    succeeded(await taker.answer(hash, true), 200);
    await socket.hear(({ data }) => data.order_hash === hash && data.to_status === 'cancelled');
    await socket.close();
  });

  test('need not have logged in before, and logs in as others do', async () => {
    const wallet = `0x${'7e'.repeat(20)}`;
    expect(await makers.suspend(wallet, STEP)).toMatchObject({ wallet_address: wallet, status: 'suspended' });
    await expect(makers.resume(`0x${'7f'.repeat(20)}`, STEP)).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
    });
  });

  test('an inactive one places nothing either, and is not what resume is for', async () => {
    const maker = await service.newMaker();
    await service.dataSource.query(`UPDATE makers SET status = 'inactive' WHERE wallet_address = $1`, [
      maker.address,
    ]);
    const order = maker.terms();
    const json = { order, signature: await maker.sign(order) };
    expectRefusal(await maker.call('POST', '/orders', { json }), ACCOUNT_SUSPENDED, /status is inactive/);
    await expect(makers.resume(maker.address, STEP)).rejects.toMatchObject({
      details: 'the maker is not suspended; its status is inactive',
    });
  });
});

describe("a suspended taker's key", () => {
  test('answers, unlocks, fills and rejects what it holds, and is refused all else', async () => {
    const { taker, hash, requestId } = await askedOrder(service);
    const [unlocked, filled, rejected] = [
      await lockedOrder(service, { taker }),
      await lockedOrder(service, { taker }),
      await lockedOrder(service, { taker }),
    ];
    const { order_hash: free } = await (await service.newMaker()).place();
    await takers.suspend(taker.takerId, STEP);
    const suspended = performance.now();
    await until(async () => (await taker.lock(free)).status === 403, 'the taker to be refused');
    expect(performance.now() - suspended).toBeLessThan(WITHIN_MS);
    const refused = [
      await taker.lock(free),
      await taker.validate(filled.placed),
      await taker.call('GET', '/orders/available'),
      await taker.call('GET', '/orders/filled'),
      await taker.call('GET', '/takers/orders'),
      await taker.call('GET', `/takers/orders/${hash}`),
      await taker.call('GET', '/takers/cancellation-requests'),
    ];
    for (const answer of refused)
      expectRefusal(answer, ACCOUNT_SUSPENDED, /^the taker is suspended: what it holds/);
    succeeded(await taker.answer(hash, true, { request_id: requestId }), 200);
    succeeded(await taker.unlock(unlocked.hash), 200);
    succeeded(await taker.fill(filled.placed), 200);
    succeeded(await taker.reject(rejected.hash), 200);
    await takers.resume(taker.takerId, STEP);
    await until(async () => (await taker.lock(free)).status === 200, 'the taker to be let in');
  });

  test('opens a socket that brings what it is asked, and nothing else', async () => {
    const { maker, taker, id, hash } = await lockedOrder(service);
    await takers.suspend(taker.takerId, STEP);
    const url = `${service.url}/ws/taker/v1?types=order_status_change`;
    const options = { headers: { 'x-api-key': taker.apiKey } };
    await untilStanding(taker, 403);
    expectRefusal(await Socket.refused(url, options), ACCOUNT_SUSPENDED);
    const socket = await taker.socket();
    await maker.place();
    const { request_id } = succeeded(await maker.cancel(id), 202).body.data.cancellation;
    const asked = await socket.hearAbout('cancellation_request', hash);
    expect(asked.data.metadata).toMatchObject({ request_id });
    expect(socket.ofType('order_status_change')).toEqual([]);
    succeeded(await taker.answer(hash, false), 200);
    await socket.close();
  });

  test('loses open sockets with 1012 within 5 s, at the suspension and when it is resumed', async () => {
    const taker = await service.newTaker();
    const other = await (await service.newTaker()).socket();
    const before = await taker.socket();
    await takers.suspend(taker.takerId, STEP);
    const suspended = performance.now();
    await until(() => before.closeCode !== undefined, 'the socket to be closed');
    expect(performance.now() - suspended).toBeLessThan(WITHIN_MS);
    await untilStanding(taker, 403);
    const restricted = await taker.socket();
    expect(restricted.closeCode).toBeUndefined();
    await takers.resume(taker.takerId, STEP);
    await until(() => restricted.closeCode !== undefined, 'the socket to be closed');
    expect([before.closeCode, restricted.closeCode]).toEqual([SERVICE_RESTART, SERVICE_RESTART]);
    expect(other.closeCode).toBeUndefined();
    await other.close();
  });
});

test('a taker that is not suspended is not what resume is for', async () => {
  const { takerId } = await service.newTaker();
  await expect(takers.resume(takerId, STEP)).rejects.toMatchObject({
    code: 'INVALID_PARAMETER',
    details: 'the taker is not suspended; its status is active',
  });
});

test('the use of a key is noted', async () => {
  const taker = await service.newTaker();
  const lastUse = async () => {
    const [row] = await service.dataSource.query('SELECT last_used_at FROM api_keys WHERE id = $1', [
      taker.keyId,
    ]);
    return row.last_used_at as Date | null;
  };
  expect(await lastUse()).toBeNull();
  await taker.call('GET', '/orders/available', { headers: { 'x-api-key': taker.apiKey.replace(/.$/, 'x') } });
  expect(await lastUse()).toBeNull();
  await taker.call('GET', '/orders/available');
  await until(async () => (await lastUse()) !== null, 'the use to be noted');
});
