import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiKeysService } from '#trading';
import type { TakerClient } from './support/clients.js';
import { frame, OPCODE, RawSocket, upgradingConnections } from './support/raw-socket.js';
import { TOO_MANY } from './support/refused.js';
import { startService, type TestService } from './support/service.js';
import { Socket } from './support/socket.js';
import { until } from './support/until.js';

/** How many sockets a caller may have open. */
const LIMIT = 3;
const TAKER = '/ws/taker/v1?types=order_status_change';
const MAKER = '/ws/maker/v1?types=order_status_change';

let service: TestService;
let taker: TakerClient;
beforeAll(async () => {
  service = await startService({ MAX_SOCKETS_PER_CALLER: String(LIMIT) });
  taker = await service.newTaker();
});
afterAll(() => service.stop());

type Headers = Record<string, string>;

const keyOf = ({ apiKey }: { apiKey: string }): Headers => ({ 'x-api-key': apiKey });
const openAll = (path: string, headers: Headers, count = LIMIT): Promise<Socket[]> =>
  Promise.all(Array.from({ length: count }, () => Socket.open(service.url + path, { headers })));

async function expectFull(path: string, headers: Headers, caller: string): Promise<void> {
  const refused = await Socket.refused(service.url + path, { headers });
  expect(refused).toMatchObject({
    status: TOO_MANY.status,
    headers: { 'retry-after': '1' },
    body: {
      code: TOO_MANY.code,
      message: TOO_MANY.message,
      details: `this ${caller} has ${LIMIT} sockets open`,
    },
  });
}

describe('one socket more is refused with 429', () => {
  test('to a key, and not to another key of the same taker', async () => {
    const sockets = await openAll(TAKER, keyOf(taker));
    await expectFull(TAKER, keyOf(taker), 'API key');
    const second = await new ApiKeysService(service.dataSource, service.settings).create(taker.takerId);
    sockets.push(...(await openAll(TAKER, keyOf(second))));
    await expectFull(TAKER, keyOf(second), 'API key');
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  test('to a wallet, and not to another', async () => {
    const [maker, other] = [await service.newMaker(), await service.newMaker()];
    const tokenOf = ({ token }: { token: string }) => ({ authorization: `Bearer ${token}` });
    const sockets = await openAll(MAKER, tokenOf(maker));
    await expectFull(MAKER, tokenOf(maker), 'wallet');
    sockets.push(...(await openAll(MAKER, tokenOf(other), 1)));
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  test('also when many come at the same instant', async () => {
    const other = await service.newTaker();
    const attempts = await Promise.allSettled(
      Array.from({ length: 5 * LIMIT }, () => openAll(TAKER, keyOf(other), 1)),
    );
    const opened = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? attempt.value : []));
    expect(opened).toHaveLength(LIMIT);
    await Promise.all(opened.map((socket) => socket.close()));
  });
});

describe('the count is right after', () => {
  /** Opens sockets until the limit is met again: no more, no less. */
  async function expectRoomForAll(caller: TakerClient): Promise<void> {
    const sockets: Socket[] = [];
    await until(async () => {
      const attempt = await openAll(TAKER, keyOf(caller), 1).catch(() => []);
      sockets.push(...attempt);
      return sockets.length === LIMIT;
    }, 'room');
    await expectFull(TAKER, keyOf(caller), 'API key');
    await Promise.all(sockets.map((socket) => socket.close()));
  }

  test.each<[string, (socket: RawSocket) => unknown]>([
    ['peers that say goodbye', ({ tcp }) => tcp.write(frame({ opcode: OPCODE.close }))],
    ['peers that end their side', ({ tcp }) => tcp.end()],
    ['peers that crash', ({ tcp }) => tcp.resetAndDestroy()],
    [
      'peers that are closed and do not answer',
      ({ tcp }) => tcp.pause().write(frame({ opcode: OPCODE.binary })),
    ],
    ['peers that break the protocol', ({ tcp }) => tcp.write(frame({ opcode: 3 }))],
  ])('%s', async (_, leave) => {
    const caller = await service.newTaker();
    const url = service.url + TAKER;
    const sockets = await Promise.all(
      Array.from({ length: LIMIT }, () => RawSocket.open(url, keyOf(caller))),
    );
    await expectFull(TAKER, keyOf(caller), 'API key');
    sockets.forEach(leave);
    await expectRoomForAll(caller);
    sockets.forEach(({ tcp }) => tcp.destroy());
  });

  test('upgrades that are refused', async () => {
    const caller = await service.newTaker();
    for (let round = 0; round < 2 * LIMIT; round += 1) {
      const refused = await Socket.refused(`${service.url}/ws/taker/v1?types=none`, {
        headers: keyOf(caller),
      });
      expect(refused.status).toBe(400);
    }
    await expectRoomForAll(caller);
  });

  test('handshakes that are none', async () => {
    const caller = await service.newTaker();
    const headers = { ...keyOf(caller), 'sec-websocket-version': '7' };
    for (let round = 0; round < 2 * LIMIT; round += 1) {
      await expect(RawSocket.open(service.url + TAKER, headers)).rejects.toThrow('refused with 400');
    }
    await expectRoomForAll(caller);
  });

  test('peers that hang up while they are let in', async () => {
    const caller = await service.newTaker();
    const connections = upgradingConnections(service);
    for (let round = 1; round <= 2 * LIMIT; round += 1) {
      const peer = upgradeBy(caller);
      await until(() => connections.length === round, 'the upgrade to begin');
      peer.resetAndDestroy();
    }
    await expectRoomForAll(caller);
  });
});

test('a refused upgrade leaves no connection, though the peer keeps its side open', async () => {
  const connections = upgradingConnections(service);
  const peer = upgradeBy({ apiKey: 'none' });
  await until(() => connections.length === 1 && connections[0]!.destroyed, 'the end of the connection');
  peer.destroy();
});

/** A bare connection that asks for an upgrade, never reads, and never closes its side by itself. */
function upgradeBy({ apiKey }: { apiKey: string }) {
  const { hostname, port } = new URL(service.url);
  const peer = connect({ host: hostname, port: Number(port), allowHalfOpen: true }).on('error', () => {});
  const headers = [
    `GET ${TAKER} HTTP/1.1`,
    `Host: ${hostname}`,
    `X-API-Key: ${apiKey}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  peer.write(`${headers.join('\r\n')}\r\n\r\n`);
  return peer;
}
