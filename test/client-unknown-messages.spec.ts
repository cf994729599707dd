import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createTaker, type Session } from '#client';
import { WebSocketServer } from 'ws';
import { until } from './support/until.js';

/** A newer service says more on its sockets than this client knows. */
const KNOWN = '000000000000002a5d1c3e9f7b604182';
const NEWER = '000000000000002bffffffffffffffff';
const CHANGE = { type: 'order_status_change', timestamp: '2026-01-17T03:00:24.123Z', data: {} };

let service: WebSocketServer;
/** The paths by which sockets were asked for. */
let asked: string[];
let problems: unknown[];
let heard: number;
let session: Session;
beforeEach(async () => {
  [asked, problems, heard] = [[], [], 0];
  service = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(service, 'listening');
  service.on('connection', (_, { url }) => asked.push(url!));
  session = await createTaker({
    url: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
    apiKey: 'lk_any',
    address: '0x',
  }).listen({
    onCancellationRequest: () => ({ cancel: true, message: '' }),
    onOrderStatusChange: () => (heard += 1),
    onProblem: (problem) => problems.push(problem),
  });
  await until(() => asked.length === 1, 'the socket');
});
afterEach(async () => {
  await session.close();
  service.close();
});

function push(...messages: object[]): void {
  for (const socket of service.clients) for (const message of messages) socket.send(JSON.stringify(message));
}

test('a message of an unknown type, with an id or without, does not change where the session goes on', async () => {
  const unknown = { type: 'market_notice', timestamp: CHANGE.timestamp, data: {} };
  push(
    { ...CHANGE, id: KNOWN },
    unknown,
    { ...unknown, id: NEWER },
    { ...CHANGE, id: KNOWN.replace('2a', '29') },
  );
  await until(() => heard === 2, 'what is known');
  push({ ...CHANGE, id: KNOWN.replace('2a', '2c') }, unknown, { ...unknown, id: NEWER });
  await until(() => heard === 3, 'what is known');
  for (const socket of service.clients) socket.terminate();
  await until(() => asked.length === 2, 'the next socket');
  expect(asked[1]).toContain(`&after=${KNOWN.replace('2a', '2c')}`);
  expect(problems).toHaveLength(1); // the lost connection
});

test("a type that has the name of every object's property is an unknown type", async () => {
  const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty'];
  push(...names.map((type, index) => ({ ...CHANGE, type, id: KNOWN.replace('2a', `3${index}`) })));
  push({ ...CHANGE, id: KNOWN });
  await until(() => heard === 1, 'what is known');
  expect([session.lastId, problems]).toEqual([KNOWN, []]);
});
