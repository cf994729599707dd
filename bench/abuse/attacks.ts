import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { crc32 } from 'node:zlib';

/** Strangers have an address of their own on the loopback network. */
const ATTACKER = '127.0.0.66';
const NEVER_READ = { connections: 120, requests: 1_500 };
const BODY_OF_OBJECTS = `{"a":[${Array(20_000).fill('{}').join(',')}]}`;

/** What is done to the service until the signal says that it is enough; each at the rate at which it once did harm. */
export const ATTACKS: Record<string, (url: URL, stop: AbortSignal) => Promise<void>> = {
  'a document pipelined and never read': neverRead,
  'GET /openapi.yaml, 50 a second': (url, stop) =>
    steadily(50, stop, () => call(url, 'GET', '/openapi.yaml')),
  'bodies of 20,000 objects, 50 a second': (url, stop) =>
    steadily(50, stop, () => call(url, 'POST', '/api/v1/orders/unlock', {}, BODY_OF_OBJECTS)),
  'wrong keys, 500 a second': (url, stop) =>
    steadily(500, stop, () => call(url, 'GET', '/api/v1/orders/available', { 'x-api-key': madeUpKey() })),
  'upgrades, 200 a second': (url, stop) =>
    steadily(200, stop, () => call(url, 'GET', '/ws/taker/v1', UPGRADE)),
  'slow bodies, 1,000 connections': slowBodies,
};

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};

const agent = new Agent({ keepAlive: true, maxSockets: 64, localAddress: ATTACKER });

function call(url: URL, method: string, path: string, headers: object = {}, body = ''): void {
  const type = body ? { 'content-type': 'application/json' } : {};
  const sent = request(new URL(path, url), { method, agent, headers: { ...type, ...headers } }, (answer) => {
    answer.resume();
  });
  sent.on('error', () => {});
  sent.end(body);
}

/** Does something so many times a second, in steps of 20 ms. */
async function steadily(rate: number, stop: AbortSignal, act: () => void): Promise<void> {
  const began = performance.now();
  for (let done = 0; !stop.aborted; await delay(20)) {
    const due = ((performance.now() - began) / 1_000) * rate;
    for (; done < due; done += 1) act();
  }
  agent.destroy();
}

/** A key that is well-formed, so that it has to be looked up to find that it is none. */
function madeUpKey(): string {
  const body = `lk_${randomBytes(8).toString('hex')}_${randomBytes(32).toString('hex')}`;
  return `${body}_${crc32(body).toString(16).padStart(8, '0')}`;
}

async function neverRead(url: URL, stop: AbortSignal): Promise<void> {
  const bytes = `GET /openapi.json HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`.repeat(NEVER_READ.requests);
  await hold(NEVER_READ.connections, url, bytes, stop);
}

async function slowBodies(url: URL, stop: AbortSignal): Promise<void> {
  const head = `POST /api/v1/makers/connect HTTP/1.1\r\nHost: ${url.host}\r\nContent-Length: 60000\r\n\r\n{`;
  await hold(1_000, url, head, stop);
}

/** Opens so many connections, each of which says the same and reads nothing. */
async function hold(count: number, url: URL, bytes: string, stop: AbortSignal): Promise<void> {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect({ port: Number(url.port), host: url.hostname, localAddress: ATTACKER });
    socket
      .pause()
      .on('error', () => {})
      .write(bytes);
    return socket;
  });
  await once(stop, 'abort');
  for (const socket of sockets) socket.destroy();
}
