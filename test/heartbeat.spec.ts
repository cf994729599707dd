import { once } from 'node:events';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { upgradingConnections } from './support/raw-socket.js';
import { startService, type TestService } from './support/service.js';
import { Socket } from './support/socket.js';
import { until } from './support/until.js';

/** Real sockets; only the service's intervals are driven by hand, because nobody wants to wait for minutes. */
let service: TestService;
beforeAll(async () => {
  jest.useFakeTimers({
    doNotFake: ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setTimeout'],
  });
  service = await startService();
});
afterAll(async () => {
  await service.stop();
  jest.useRealTimers();
});

test('a heartbeat comes every 30 s, and a peer that stays silent for two of them is dropped', async () => {
  const taker = await service.newTaker();
  const url = `${service.url}/ws/taker/v1?types=order_status_change`;
  const headers = { 'x-api-key': taker.apiKey };
  const connections = upgradingConnections(service);
  const alive = await Socket.open(url, { headers });
  const silent = await Socket.open(url, { headers, autoPong: false });
  // as behind a network that swallows everything: it neither answers nor ends the connection
  const vanished = await Socket.open(url, { headers });
  vanished.ws.pause();

  jest.advanceTimersByTime(29_999);
  for (let beat = 1; beat <= 3; beat += 1) {
    const pinged = once(alive.ws, 'ping');
    jest.advanceTimersByTime(beat === 1 ? 1 : 30_000);
    await pinged;
    expect(alive.ofType('heartbeat')).toHaveLength(beat);
    // its own ping and the pong that it gets back: the service has heard from it
    alive.ws.ping();
    await once(alive.ws, 'pong');
  }

  await until(() => silent.closeCode !== undefined, 'the silent peer to be dropped');
  await until(() => connections[2]!.destroyed, 'the vanished peer to be dropped');
  expect(connections.map(({ destroyed }) => destroyed)).toEqual([false, true, true]);
  vanished.ws.terminate();
  expect(silent.closeCode).toBe(1006); // dropped, without a closing handshake
  expect(silent.ofType('heartbeat')).toHaveLength(2);
  expect(alive.closeCode).toBeUndefined();
  expect(alive.ofType('heartbeat')[0]).toEqual({ type: 'heartbeat', timestamp: expect.any(Number) });
  await alive.close();
});
