import { request } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { OrderHistoryService } from '#trading';
import { makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { operatorOf } from './support/operator.js';
import { startService, type TestService } from './support/service.js';

/** The history of an order names the call that made each change, so that the call's log lines are found. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** Who changed the order, and in which call. */
async function actors(hash: string): Promise<[kind: string, call: string | undefined][]> {
  const { events } = await service.app.get(OrderHistoryService).of({ order_hash: hash });
  return events.map(({ actor }) => [
    actor.kind,
    'http_request_id' in actor ? actor.http_request_id : undefined,
  ]);
}

const named = (id: string) => ({ headers: { 'x-request-id': id } });

test('each change of a maker or a taker has the id of its call; an operator has none', async () => {
  const { maker, taker, id, hash } = await lockedOrder(service);
  succeeded(await maker.call('POST', `/orders/${id}/cancel`, named('cancel-1')), 202);
  succeeded(await maker.call('POST', `/orders/${id}/cancel`, named('cancel-2')), 202);
  await operatorOf(service).suspend(hash);
  await operatorOf(service).resume(hash);
  const json = { order_hash: hash };
  succeeded(await taker.call('POST', '/orders/unlock', { json, ...named('unlock-1') }), 200);
  const made = expect.stringMatching(/^[0-9a-f-]{36}$/);
  expect(await actors(hash)).toEqual([
    ['maker', made],
    ['taker', made],
    ['maker', 'cancel-1'],
    ['operator', undefined],
    ['operator', undefined],
    ['taker', 'unlock-1'],
    ['taker', 'unlock-1'],
  ]);
});

test('what time has made due has no call, though one wrote it down; the call has its own change', async () => {
  const { maker, id, hash } = await askedOrder(service);
  await makeDue(service.dataSource, hash, 'request');
  succeeded(await maker.call('POST', `/orders/${id}/cancel`, named('again')), 202);
  expect((await actors(hash)).slice(-2)).toEqual([
    ['timer', undefined],
    ['maker', 'again'],
  ]);
});

test('what the service suspends by itself has the call in which it was found', async () => {
  const { taker, hash, requestId } = await askedOrder(service);
  await service.dataSource.query(
    'UPDATE cancellation_requests SET lock_id = gen_random_uuid() WHERE id = $1',
    [requestId],
  );
  const json = { order_hash: hash };
  succeeded(await taker.call('POST', '/orders/unlock', { json, ...named('found-here') }), 500);
  expect((await actors(hash)).at(-1)).toEqual(['service', 'found-here']);
});

test('calls side by side, on kept-alive connections and with bodies that come late, keep their ids apart', async () => {
  const orders = await Promise.all(Array.from({ length: 20 }, () => lockedOrder(service)));
  await Promise.all(
    orders.map(async ({ taker, hash }, index) => {
      const call = request(`${service.url}/api/v1/orders/unlock`, {
        method: 'POST',
        headers: {
          'x-api-key': taker.apiKey,
          'content-type': 'application/json',
          'transfer-encoding': 'chunked',
          'x-request-id': `late-${index}`,
        },
      });
      const answered = new Promise<number>((resolve, reject) =>
        call.on('error', reject).on('response', (response) => resolve(response.resume().statusCode!)),
      );
      call.flushHeaders();
      succeeded(await taker.call('GET', '/orders/available'), 200); // the head is there by now, the body is not
      call.write('{"order_hash":');
      await nextTurn();
      call.end(JSON.stringify(hash).concat('}'));
      expect(await answered).toBe(200);
    }),
  );
  for (const [index, { hash }] of orders.entries()) {
    expect((await actors(hash)).at(-1)).toEqual(['taker', `late-${index}`]);
  }
});

test('neither side is told of the calls of the other', async () => {
  const { maker, taker, id, hash } = await lockedOrder(service);
  const sockets = [await maker.socket(), await taker.socket()];
  succeeded(await maker.call('POST', `/orders/${id}/cancel`, named('only-mine')), 202);
  const json = { order_hash: hash };
  succeeded(await taker.call('POST', '/orders/unlock', { json, ...named('only-ours') }), 200);
  for (const socket of sockets) {
    await socket.hear(({ data }) => data?.to_status === 'cancelled');
    expect(JSON.stringify(socket.messages)).not.toMatch(/only-|http_request_id/);
    await socket.close();
  }
  expect(JSON.stringify(await maker.order(id))).not.toMatch(/only-|http_request_id/);
});
