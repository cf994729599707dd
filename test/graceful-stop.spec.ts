import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Crowd, requestBytes } from './support/crowd.js';
import { ExternalService } from './support/external-service.js';
import { lockedOrder, succeeded } from './support/handshake.js';
import { call } from './support/http.js';
import { isLockAwaited, whileOrderIsHeld } from './support/other-transaction.js';
import { until } from './support/until.js';

/** Stopping with calls in flight. */
const UNLOCK = '/api/v1/orders/unlock';
let service: ExternalService;
beforeAll(async () => {
  service = await ExternalService.prepare();
});
afterAll(() => service.drop());

const portClosed = () =>
  until(
    () =>
      call('GET', `${service.url}/health/live`).then(
        () => false,
        () => true,
      ),
    'the port to be closed',
  );

test('SIGTERM: the answer in flight finishes, the sockets close with 1001, then the process ends', async () => {
  const { dataSource } = service;
  const instance = await service.start();
  const [maker, taker] = [await service.newMaker(), await service.newTaker()];
  const socket = await taker.socket();
  const { id, order_hash } = await maker.place();
  succeeded(await taker.lock(order_hash), 200);
  succeeded(await maker.cancel(id), 202);

  const [answer, exit] = await whileOrderIsHeld(dataSource, id, async () => {
    const inFlight = taker.answer(order_hash, true);
    await until(() => isLockAwaited(dataSource), 'the answer to wait for the row');
    const ended = instance.stop('SIGTERM');
    await until(() => socket.closeCode !== undefined, 'the socket to be closed');
    expect(socket.closeCode).toBe(1001);
    await portClosed();
    return [inFlight, ended] as const;
  });

  expect((await answer).body).toMatchObject({ code: 0, data: { order_hash } });
  expect(await exit).toBe(0);
  const [row] = await dataSource.query('SELECT status FROM orders WHERE id = $1', [id]);
  expect(row).toEqual({ status: 'cancelled' });
});

test('calls that are pipelined behind the one in flight are answered too, and only the last answer ends the connection', async () => {
  const { url, dataSource } = service;
  const instance = await service.start();
  const [maker, taker] = [await service.newMaker(), await service.newTaker()];
  const { id, hash } = await lockedOrder(service, { maker, taker });
  const crowd = new Crowd(url);
  const unlock = requestBytes('POST', UNLOCK, { 'X-API-Key': taker.apiKey }, { order_hash: hash });
  const [connection, exit] = await whileOrderIsHeld(dataSource, id, async () => {
    const sent = await crowd.send(1, unlock + requestBytes('GET', '/health/live', {}) + unlock);
    await until(() => isLockAwaited(dataSource), 'the first call to wait for the row');
    const ended = instance.stop('SIGTERM');
    await portClosed();
    return [sent, ended] as const;
  });
  await until(() => connection.destroyed, 'the end of the connection');
  const answers = crowd.heard.split(/(?=HTTP\/1\.1 )/);
  // whichever of the two unlocks has the row first
  expect(answers.map((answer) => answer.slice(9, 12)).toSorted()).toEqual(['200', '200', '409']);
  expect(answers.map((answer) => /^connection: close\r$/im.test(answer))).toEqual([false, false, true]);
  expect(await exit).toBe(0);
});

test('callers who do not go on to send, or do not read, do not hold it up', async () => {
  const { url } = service;
  const instance = await service.start();
  const { apiKey } = await service.newTaker();
  const [silent, late, slow] = [new Crowd(url), new Crowd(url), new Crowd(url)];
  await silent.send(1, '');
  await silent.send(1, 'GET /health/live HTTP/1.1\r\nHost: local');
  (await silent.send(1, requestBytes('GET', '/docs/swagger-ui-bundle.js', {}).repeat(10))).pause();
  const body = JSON.stringify({ order_hash: `0x${'5c'.repeat(32)}` });
  const headers = {
    'X-API-Key': apiKey,
    'Content-Type': 'application/json',
    'Content-Length': String(body.length),
    Expect: '100-continue',
  };
  const [inTime, never] = [
    await late.send(1, requestBytes('POST', UNLOCK, headers)),
    await slow.send(1, requestBytes('POST', UNLOCK, headers)),
  ];
  for (const caller of [late, slow]) await until(() => caller.heard !== '', 'the call to be begun');
  const trickle = setInterval(() => never.write(' '), 500);
  const exit = instance.stop('SIGTERM');
  await portClosed();
  inTime.write(body);
  await until(() => inTime.destroyed && never.destroyed, 'the end of the connections');
  clearInterval(trickle);
  expect(late.heard).toContain('no order has the hash');
  expect(slow.heard).toMatch(/HTTP\/1\.1 503 [\s\S]*connection: close\r\n[\s\S]*the body has not come/i);
  expect(await exit).toBe(0);
});
