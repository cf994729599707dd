import { once } from 'node:events';
import { type AddressInfo, connect, type Socket as TcpSocket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { httpAdapter } from '../src/http/http-adapter.js';
import type { TakerClient } from './support/clients.js';
import { rawCall } from './support/raw-http.js';
import { frame, OPCODE } from './support/raw-socket.js';
import { startService, type TestService, testSettings } from './support/service.js';
import { until } from './support/until.js';

/** Calls that are sent on one connection before those in front of them are answered. */
const SERVED_AT_ONCE = 16;
const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
const HANDSHAKE = `${UPGRADE}Sec-WebSocket-Version: 13\r\n`;

const bytes = (start: string, headers = '', body = ''): string =>
  `${start} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n${body}`;
const ended = (start: string): string => bytes(start, 'Connection: close\r\n');

describe('on the service', () => {
  let service: TestService;
  let taker: TakerClient;
  beforeAll(async () => {
    service = await startService();
    taker = await service.newTaker();
  });
  afterAll(() => service.stop());

  const key = () => `X-API-Key: ${taker.apiKey}\r\n`;
  const list = () => bytes('GET /api/v1/orders/available', key());
  const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
  /** All answers, the first with its head. */
  const answers = async (sent: string): Promise<string> => {
    const { status, headers, text } = await rawCall(service.url, sent);
    return `HTTP/1.1 ${status} \r\nx-request-id: ${headers.get('x-request-id')}\r\n\r\n${text}`;
  };

  test('300 calls in one piece, with bodies among them: each is answered, in their order', async () => {
    const body = '{"order_hash":"x"}';
    const json = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    const sent = Array.from({ length: 300 }, (_, i) => {
      const id = `X-Request-Id: call-${i}\r\n`;
      if (i % 3 === 0) return bytes('POST /api/v1/orders/unlock', id + json + key(), body);
      return i % 3 === 1 ? bytes('GET /api/v1/orders/available', id + key()) : bytes('GET /nowhere', id);
    });
    const text = await answers(sent.join('') + ended('GET /health/live'));
    expect(statuses(text)).toEqual([...Array(100).fill(['400', '200', '404']).flat(), '200']);
    const ids = [...text.matchAll(/^x-request-id: (call-\d+)/gm)].map(([, id]) => id);
    expect(ids).toEqual(sent.map((_, i) => `call-${i}`));
  });

  test('a WebSocket begins behind the answers to the calls in front of it', async () => {
    const upgrade = bytes('GET /ws/taker/v1?types=order_status_change', HANDSHAKE + key());
    const goodbye = frame({ opcode: OPCODE.close, payload: Buffer.of(0x03, 0xe8) }).toString('latin1');
    for (const calls of [1, SERVED_AT_ONCE, 40]) {
      const text = await answers(list().repeat(calls) + upgrade + goodbye);
      expect(statuses(text)).toEqual([...Array(calls).fill('200'), '101']);
    }
  });

  test('so do other offers, CONNECT, and what is refused of them', async () => {
    const h2c = bytes('GET /health/live', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n');
    const refused = bytes('GET /ws/taker/v1?types=order_status_change', HANDSHAKE);
    for (const calls of [1, 40]) {
      const calm = list().repeat(calls);
      const all = Array(calls).fill('200');
      expect(statuses(await answers(calm + h2c + ended('GET /nowhere')))).toEqual([...all, '200', '404']);
      expect(statuses(await answers(calm + refused))).toEqual([...all, '401']);
      expect(statuses(await answers(`${calm}${ended('CONNECT example.com:443')}`))).toEqual([...all, '404']);
    }
  });

  test('a body whose length stands behind a thousand headers is no call', async () => {
    const hidden = bytes('GET /health/live');
    const headers = `Connection: Upgrade\r\nUpgrade: h2c\r\n${'a: b\r\n'.repeat(1_100)}Content-Length: ${hidden.length}\r\n`;
    expect(statuses(await answers(bytes('POST /nowhere', headers, hidden) + ended('GET /nowhere')))).toEqual([
      '400',
      '404',
    ]);
  });

  test('what cannot be read is refused behind the answers to the calls in front of it', async () => {
    const garbage = 'NONSENSE\r\n\r\n';
    for (const calls of [1, 40]) {
      const text = await answers(list().repeat(calls) + garbage + list());
      expect(statuses(text)).toEqual([...Array(calls).fill('200'), '400']);
      expect(text).toContain('the request is not valid HTTP');
    }
  });
});

describe('while calls take long', () => {
  let fastify: FastifyInstance;
  let connection: TcpSocket;
  let heard: string;
  let waiting: { path: string; answer: () => void }[];
  beforeEach(async () => {
    waiting = [];
    heard = '';
    fastify = httpAdapter(testSettings()).getInstance<FastifyInstance>();
    fastify.all('/slow/:n', async ({ url: path }) => {
      await new Promise<void>((answer) => waiting.push({ path, answer }));
      return `answer to ${path};`;
    });
    fastify.get('/page', async () => Buffer.alloc(8_192));
    fastify.get('/long', async () => Buffer.alloc(4_000_000));
    const { port } = new URL(await fastify.listen({ port: 0, host: '127.0.0.1' }));
    connection = connect(Number(port), '127.0.0.1').on('error', () => {});
    connection.on('data', (data: Buffer) => (heard += data.toString()));
    await once(connection, 'connect');
  });
  afterEach(async () => {
    connection.destroy();
    for (const { answer } of waiting) answer();
    await fastify.close();
  });

  const slow = (count: number) => Array.from({ length: count }, (_, i) => bytes(`GET /slow/${i}`)).join('');
  const paths = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `/slow/${from + i}`);
  const served = () => waiting.map(({ path }) => path);
  const answered = () => [...heard.matchAll(/answer to (\/slow\/\d+);/g)].map(([, path]) => path);

  test('16 are served at once, the others when these are answered', async () => {
    connection.write(slow(40));
    for (const [from, to] of [
      [0, 16],
      [16, 32],
      [32, 40],
    ] as const) {
      await until(() => waiting.length === to - from, 'the calls to be served');
      expect(served()).toEqual(paths(from, to));
      // whichever is done first
      for (const { answer } of waiting.splice(0).toReversed()) answer();
      await until(() => answered().length === to, 'the answers');
    }
    expect(answered()).toEqual(paths(0, 40));
    // and the connection is as it was
    connection.write(bytes('GET /slow/41'));
    await until(() => waiting.length === 1, 'the next call');
  });

  test('a body that cannot be read is refused behind the calls in front of it, and does not wait for itself', async () => {
    const chunked = bytes('POST /slow/1', 'Transfer-Encoding: chunked\r\n', 'no chunk\r\n');
    connection.write(slow(1) + chunked + 'more of it'.repeat(1_000));
    await until(() => waiting.length === 2, 'both to be served');
    connection.write('more of it'.repeat(1_000));
    waiting[0]!.answer();
    await once(connection, 'close');
    expect(heard).toMatch(/^HTTP\/1\.1 200 [\s\S]*answer to \/slow\/0;HTTP\/1\.1 400 [\s\S]*not valid HTTP/);
  });

  test('a body that is refused does not take the answers in front of it away', async () => {
    const large = bytes('POST /slow/1', 'Content-Length: 200000\r\n', 'x'.repeat(200_000));
    connection.write(slow(1) + large);
    await until(() => waiting.length === 1, 'the first call to be served');
    await until(() => connection.bytesWritten > 100_000, 'more of the body than is read');
    waiting[0]!.answer();
    await until(() => connection.closed, 'the end of the connection');
    expect(heard).toMatch(/^HTTP\/1\.1 200 [\s\S]*answer to \/slow\/0;HTTP\/1\.1 [\s\S]*64 KiB/);
  });

  test('calls that come behind long answers that wait are held back, and none is lost', async () => {
    connection.write(slow(1) + bytes('GET /page').repeat(3));
    await until(() => waiting.length === 1, 'the first call to be served');
    const later = Array.from({ length: 20 }, (_, i) => bytes(`GET /slow/${i + 1}`)).join('');
    await new Promise((sent) => setImmediate(sent)); // in a piece of its own
    connection.write(later);
    await until(() => waiting.length > 1, 'calls behind it to be served');
    while (answered().length < 21) {
      await until(() => waiting.length > 0 || answered().length === 21, 'the next calls');
      for (const { answer } of waiting.splice(0)) answer();
      await new Promise((turn) => setImmediate(turn));
    }
    expect(answered()).toEqual(paths(0, 21));
  });

  test('a caller that hangs up over what is held back leaves nothing behind', async () => {
    connection.write(slow(40));
    await until(() => waiting.length === SERVED_AT_ONCE, 'the calls to be served');
    connection.destroy();
    for (const { answer } of waiting.splice(0)) answer();
    await until(async () => (await connections()) === 0, 'the end of the connection');
    expect(waiting).toEqual([]);
  });

  test('at a stop those that are served are answered, whichever is done first, and no other is begun', async () => {
    let fault: Error | undefined;
    connection.on('error', (error) => (fault = error));
    connection.write(slow(SERVED_AT_ONCE));
    await until(() => waiting.length === SERVED_AT_ONCE, 'the calls to be served');
    // more than is read, so that a connection closed over it would be reset
    const more = bytes('GET /slow/more').repeat(100_000);
    connection.write(more);
    const stopped = fastify.close();
    await until(() => !fastify.server.listening, 'the stop to begin');
    const [last, ...others] = waiting.splice(0).toReversed();
    for (const { answer } of [...others, last!]) answer();
    await stopped;
    await until(() => connection.closed, 'the end of the connection');
    expect(answered()).toEqual(paths(0, SERVED_AT_ONCE));
    expect(waiting).toEqual([]);
    expect(fault).toBeUndefined();
    expect(heard.match(/^connection: close\r$/gim)).toHaveLength(1);
    expect(heard.indexOf('connection: close')).toBeGreaterThan(heard.indexOf('answer to /slow/14'));
  });

  test('at a stop a connection whose last answer is there already ends behind those in front of it', async () => {
    connection.write(slow(1) + bytes('GET /page'));
    await until(() => waiting.length === 1, 'the first call to be served');
    const stopped = fastify.close();
    await until(() => !fastify.server.listening, 'the stop to begin');
    waiting[0]!.answer();
    await stopped;
    await until(() => connection.closed, 'the end of the connection');
    expect(heard.match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
  });

  test('a caller that reads no answers loses its connection, as one would that sends no more', async () => {
    connection.destroy();
    const { port } = fastify.server.address() as AddressInfo;
    fastify.server.timeout = 300;
    connection = connect(port, '127.0.0.1').on('error', () => {});
    connection.write(bytes('GET /long').repeat(40));
    await until(async () => (await connections()) === 1, 'the connection');
    await until(async () => (await connections()) === 0, 'its end');
  });

  const connections = () =>
    new Promise<number>((resolve) => fastify.server.getConnections((_, count) => resolve(count)));
});
