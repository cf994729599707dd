import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiKeysService, type MintedKey } from '#trading';
import type { TakerClient } from './support/clients.js';
import { lockedOrder, succeeded } from './support/handshake.js';
import { call } from './support/http.js';
import { type RawAnswer, rawCall } from './support/raw-http.js';
import { expectRefusal, INVALID, ORDER_NOT_FOUND, UNSUPPORTED } from './support/refused.js';
import { startService, type TestService } from './support/service.js';
import { sign, signedHeaders } from './support/signing.js';

/** HTTP as clients, libraries and proxies speak it, within what HTTP leaves open. */
const ORIGIN = 'https://app.example.com';
const UNLOCK = '/api/v1/orders/unlock';
const BODY = JSON.stringify({ order_hash: `0x${'5c'.repeat(32)}` });
const H2C = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAEAAEAAAAIAAAAB' };

let service: TestService;
let taker: TakerClient;
let strict: MintedKey;
let now = Date.now();
beforeAll(async () => {
  service = await startService({ ALLOWED_ORIGINS: ORIGIN });
  taker = await service.newTaker();
  strict = await new ApiKeysService(service.dataSource, service.settings).create(taker.takerId, {
    requireSignature: true,
  });
});
afterAll(() => service.stop());

const timestamp = () => (now += 1);

/** A request of so many headers on a connection of its own, which it asks to be closed. */
function send(
  start: string,
  headers: Record<string, string>,
  body = '',
  { host = 'localhost', end = 'Connection: close\r\n' } = {},
): Promise<RawAnswer> {
  const all = {
    ...(host && { Host: host }),
    ...(body && { 'Content-Length': String(body.length) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return rawCall(service.url, `${start} HTTP/1.1\r\n${lines.join('')}${end}\r\n${body}`);
}

describe('an offer to upgrade to HTTP/2 is ignored', () => {
  /** Each answer closes its connection, because the next request says so. */
  const last = 'GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
  const bytesOf = (method: string, path: string, headers: object, body = '') =>
    `${method} ${path} HTTP/1.1\r\n${Object.entries({ Host: 'localhost', ...H2C, ...headers })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n${body}`;

  test('a read', async () => {
    const { status, body } = await rawCall(
      service.url,
      bytesOf('GET', '/health/live', { connection: 'close, upgrade' }),
    );
    expect({ status, body }).toEqual({ status: 200, body: { code: 0, data: { status: 'ok' } } });
  });

  test('a signed call with a body, and the next on its connection', async () => {
    const headers = {
      ...signedHeaders(strict.apiKey, strict.apiSecret, { path: UNLOCK, timestamp: timestamp(), q: BODY }),
      'content-type': 'application/json',
      'content-length': String(BODY.length),
    };
    const { text } = await rawCall(service.url, bytesOf('POST', UNLOCK, headers, BODY) + last);
    expect(text).toContain('404001');
    expect(text).toContain('HTTP/1.1 200');
  });

  test('a chunked body', async () => {
    const headers = {
      'x-api-key': taker.apiKey,
      'content-type': 'application/json',
      'transfer-encoding': 'chunked',
    };
    const chunked = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
    const { text } = await rawCall(service.url, bytesOf('POST', UNLOCK, headers, chunked) + last);
    expect(text).toContain('404001');
  });

  test('call after call on one connection, without a warning of Node.js', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    const { Agent, request } = await import('node:http');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 30; i += 1) {
      const status = await new Promise((resolve, reject) => {
        request(`${service.url}/health/live`, { agent, headers: H2C }, (answer) => {
          answer.resume().on('end', () => resolve(answer.statusCode));
        })
          .on('error', reject)
          .end();
      });
      expect(status).toBe(200);
    }
    agent.destroy();
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});

describe('a target in absolute form is that of its path', () => {
  const absolute = `http://localhost${UNLOCK}`;

  test('with a key', async () => {
    const headers = { 'x-api-key': taker.apiKey, 'content-type': 'application/json' };
    expectRefusal(await send(`POST ${absolute}`, headers, BODY), ORDER_NOT_FOUND);
  });

  test('signed', async () => {
    const parts = { path: UNLOCK, timestamp: timestamp(), q: BODY };
    const headers = {
      ...signedHeaders(strict.apiKey, strict.apiSecret, parts),
      'content-type': 'application/json',
    };
    expectRefusal(await send(`POST ${absolute}`, headers, BODY), ORDER_NOT_FOUND);
  });

  test('without a path', async () => {
    expect((await send('GET http://localhost', {})).status).toBe(302);
  });

  test('a signed upgrade', async () => {
    const path = '/ws/taker/v1';
    const query = 'types=order_status_change';
    const headers = {
      ...signedHeaders(strict.apiKey, strict.apiSecret, {
        method: 'GET',
        path,
        timestamp: timestamp(),
        q: query,
      }),
      upgrade: 'websocket',
      'sec-websocket-version': '12',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    };
    const target = `GET http://localhost${path}?${query}`;
    const answer = await send(target, headers, '', { end: 'Connection: Upgrade\r\n' });
    // it has come as far as the handshake, of which this version is none
    expectRefusal(answer, INVALID, /^not a WebSocket handshake/);
  });
});

describe('an empty body passes with any type', () => {
  const post = (headers: Record<string, string>, body = '') =>
    send(
      `POST /api/v1/orders/${'0x5c'.padEnd(66, '5c')}/cancel`,
      { authorization: `Bearer ${token}`, ...headers },
      body,
    );
  let token: string;
  beforeAll(async () => {
    token = (await service.newMaker()).token;
  });

  test.each<[title: string, headers: Record<string, string>, body?: string]>([
    [
      'as curl -d "" sends it',
      { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '0' },
    ],
    ['text/plain', { 'content-type': 'text/plain', 'content-length': '0' }],
    ['no media type at all', { 'content-type': 'nonsense', 'content-length': '0' }],
    ['no type', { 'content-length': '0' }],
    [
      'chunked',
      { 'content-type': 'text/plain', 'transfer-encoding': 'chunked', 'content-length': '' },
      '0\r\n\r\n',
    ],
    ['compressed nothing', { 'content-encoding': 'gzip', 'content-length': '0' }],
  ])('%s', async (_, { 'content-length': length, ...rest }, body = '') => {
    const headers = length ? { ...rest, 'content-length': length } : rest;
    const lines = Object.entries({ host: 'localhost', authorization: `Bearer ${token}`, ...headers });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const path = `/api/v1/orders/0x${'5c'.repeat(32)}/cancel`;
    const answer = await rawCall(
      service.url,
      `POST ${path} HTTP/1.1\r\n${head}connection: close\r\n\r\n${body}`,
    );
    expectRefusal(answer, ORDER_NOT_FOUND);
  });

  test.each([
    [{ 'content-type': 'application/json', 'content-encoding': 'Identity' }],
    [{ 'content-type': 'Application/JSON ; Charset="UTF-8"' }],
  ])('a body of %j is read', async (headers) => {
    expectRefusal(await post(headers, '{"reason":"x"}'), ORDER_NOT_FOUND);
  });

  test.each([
    [{ 'content-type': 'text/plain' }],
    [{ 'content-type': 'application/jsonx' }],
    [{}],
    [{ 'content-type': 'application/json', 'content-encoding': 'gzip' }],
  ])('a body of %j is not', async (headers) => {
    expectRefusal(await post(headers as Record<string, string>, '{"reason":"x"}'), UNSUPPORTED);
  });
});

describe('HEAD is GET without its body', () => {
  test('also signed, with its query', async () => {
    const path = '/api/v1/takers/orders';
    const headers = (q: string) => {
      const parts = { method: 'HEAD', path, timestamp: timestamp(), q };
      return { ...signedHeaders(strict.apiKey, strict.apiSecret, parts), origin: ORIGIN };
    };
    const signed = await send(`HEAD ${path}?page_size=1`, headers('page_size=1'));
    expect(signed).toMatchObject({ status: 200, text: '' });
    expect(signed.headers.get('content-length')).toMatch(/^[1-9]/);
    expect((await send(`HEAD ${path}?page_size=1`, headers(''))).status).toBe(401);
  });
});

test('each answer tells browsers what they may do with it', async () => {
  const answers = [
    await call('GET', `${service.url}/health/live`),
    await call('GET', `${service.url}/api/v1/orders`),
    await call('GET', `${service.url}/nothing`),
  ];
  for (const { headers } of answers) {
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
    });
  }
});

test('a stranger is told to authenticate, whatever its body is', async () => {
  const json = { 'content-type': 'application/json' };
  for (const body of ['{', `{"a":[${Array(20_000).fill('{}').join(',')}]}`, 'x'.repeat(60_000)]) {
    const answer = await send(`POST ${UNLOCK}`, json, body);
    expect(answer).toMatchObject({ status: 401, body: { code: 10010012 } });
  }
  const { hash } = await lockedOrder(service, { maker: await service.newMaker(), taker });
  const raw = JSON.stringify({ order_hash: hash });
  const wrong = {
    ...signedHeaders(strict.apiKey, 'wrong', { path: UNLOCK, timestamp: timestamp(), q: raw }),
  };
  expect(await send(`POST ${UNLOCK}`, { ...json, ...wrong }, '{')).toMatchObject({
    status: 401,
    body: { code: 10010008 },
  });
  const time = timestamp();
  const right = {
    'x-api-key': strict.apiKey,
    'x-api-timestamp': String(time),
    'x-api-signature': sign(strict.apiSecret, { path: UNLOCK, timestamp: time, q: raw }),
  };
  succeeded(await call('POST', service.url + UNLOCK, { raw, headers: right }), 200);
});
