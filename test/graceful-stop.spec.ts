import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ExternalService } from './support/external-service.js';
import { succeeded } from './support/handshake.js';
import { call } from './support/http.js';
import { isLockAwaited, whileOrderIsHeld } from './support/other-transaction.js';
import { until } from './support/until.js';

/** Stopping with calls in flight. */
let service: ExternalService;
beforeAll(async () => {
  service = await ExternalService.prepare();
});
afterAll(() => service.drop());

test('SIGTERM: the answer in flight finishes, the sockets close with 1001, then the process ends', async () => {
  const { url, dataSource } = service;
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
    await until(
      () =>
        call('GET', `${url}/health/live`).then(
          () => false,
          () => true,
        ),
      'the port to be closed',
    );
    return [inFlight, ended] as const;
  });

  expect((await answer).body).toMatchObject({ code: 0, data: { order_hash } });
  expect(await exit).toBe(0);
  const [row] = await dataSource.query('SELECT status FROM orders WHERE id = $1', [id]);
  expect(row).toEqual({ status: 'cancelled' });
});
