import { METHODS } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TakerClient } from './support/clients.js';
import { type RawAnswer, rawCall } from './support/raw-http.js';
import { frame, OPCODE } from './support/raw-socket.js';
import { expectRefusal, INVALID, ORDER_NOT_FOUND, ROUTE_NOT_FOUND } from './support/refused.js';
import { startService, type TestService } from './support/service.js';

/** Heads that HTTP forbids, or lets a server choose about. */
const LIVE = 'GET /health/live';
const SOCKET = 'GET /ws/taker/v1?types=order_status_change';
const ORIGIN = 'https://app.example.com';
const KEY_HEADER = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';

let service: TestService;
let taker: TakerClient;
beforeAll(async () => {
  service = await startService({ ALLOWED_ORIGINS: ORIGIN });
  taker = await service.newTaker();
});
afterAll(() => service.stop());

function send(start: string, lines: string[], { version = '1.1', rest = '' } = {}): Promise<RawAnswer> {
  const head = [`${start} HTTP/${version}`, ...lines].map((line) => `${line}\r\n`).join('');
  return rawCall(service.url, `${head}\r\n${rest}`);
}

const handshake = (upgrade = 'websocket'): string[] => [
  'Connection: Upgrade',
  `Upgrade: ${upgrade}`,
  'Sec-WebSocket-Version: 13',
  KEY_HEADER,
  `X-API-Key: ${taker.apiKey}`,
];
/** By which a client ends the socket that it got. */
const GOODBYE = frame({ opcode: OPCODE.close, payload: Buffer.of(0x03, 0xe8) }).toString('latin1');

describe('Host names one host', () => {
  const ONE = 'Host must be one host, with or without a port';
  const wrong: [string, string[], string][] = [
    ['none', [], 'Host is required'],
    ['two', ['Host: localhost', 'Host: localhost'], 'Host must be given once'],
    ['two, in other case', ['host: a.example', 'HOST: b.example'], 'Host must be given once'],
    ['a list', ['Host: a.example, b.example'], ONE],
    ['a list without a space', ['Host: a.example,b.example'], ONE],
    ['two words', ['Host: a.example b.example'], ONE],
    ['a URL', ['Host: http://a.example'], ONE],
    ['a user', ['Host: user@a.example'], ONE],
    ['a wrong port', ['Host: a.example:http'], ONE],
  ];

  test.each(wrong)('%s: 400', async (_, hosts, details) => {
    expectRefusal(await send(LIVE, [...hosts, 'Connection: close']), INVALID, details);
  });

  test.each(wrong)('%s: 400 for an upgrade too', async (_, hosts, details) => {
    expectRefusal(await send(SOCKET, [...hosts, ...handshake()]), INVALID, details);
  });

  test.each(['a.example', 'A.Example:443', '127.0.0.1:3000', '[::1]:3000', '[2001:db8::1]', 'my_desk', ''])(
    '"%s" is one',
    async (host) => {
      expect((await send(LIVE, [`Host: ${host}`, 'Connection: close'])).status).toBe(200);
    },
  );

  test('HTTP/1.0 needs none, but has no two either', async () => {
    expect((await send(LIVE, [], { version: '1.0' })).status).toBe(200);
    expectRefusal(
      await send(LIVE, ['Host: a', 'Host: b'], { version: '1.0' }),
      INVALID,
      'Host must be given once',
    );
  });

  test('a target in absolute form has one as well', async () => {
    const close = ['Host: localhost', 'Connection: close'];
    expectRefusal(await send('GET http://a.example,b.example/health/live', close), INVALID, ONE);
    expect((await send('GET http://a.example:80/health/live', close)).status).toBe(200);
  });
});

describe('Transfer-Encoding is chunked or nothing', () => {
  const body = JSON.stringify({ order_hash: `0x${'5c'.repeat(32)}` });
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const post = (...codings: string[]) =>
    send(
      'POST /api/v1/orders/unlock',
      [
        'Host: localhost',
        'Connection: close',
        'Content-Type: application/json',
        `X-API-Key: ${taker.apiKey}`,
        ...codings.map((coding) => `Transfer-Encoding: ${coding}`),
      ],
      { rest: chunked },
    );

  test.each([[['gzip, chunked']], [['identity, chunked']], [['gzip', 'chunked']]])(
    '%j: 400, and its body is read as nothing else',
    async (codings) => {
      const refused = await post(...codings);
      expectRefusal(refused, INVALID, 'Transfer-Encoding must be chunked, and nothing else');
      expect(refused.headers.get('x-request-id')).not.toBeNull();
    },
  );

  test.each(['gzip', 'deflate', 'xchunked', 'chunked, gzip', 'chunked, chunked'])(
    '%s: 400',
    async (coding) => {
      expectRefusal(await post(coding), INVALID, /Transfer-Encoding/);
    },
  );

  test.each(['chunked', 'Chunked', ' chunked '])('"%s" is served', async (coding) => {
    expectRefusal(await post(coding), ORDER_NOT_FOUND);
  });
});

describe('an upgrade', () => {
  test.each(['h2c, websocket', 'websocket, h2c', 'foo/2,WebSocket', 'WEBSOCKET'])(
    'to one of %s is a WebSocket',
    async (offers) => {
      const answer = await send(SOCKET, ['Host: localhost', ...handshake(offers)], { rest: GOODBYE });
      expect([answer.status, answer.headers.get('upgrade')]).toEqual([101, 'websocket']);
    },
  );

  test('to h2c or a WebSocket, by a client that begins no handshake, is the plain call', async () => {
    const lines = ['Host: localhost', 'Connection: Upgrade, close', 'Upgrade: h2c, websocket'];
    expect(await send(LIVE, lines)).toMatchObject({ status: 200, body: { code: 0 } });
  });

  test('over HTTP/1.0 is refused as no handshake', async () => {
    const details = 'not a WebSocket handshake: it needs HTTP/1.1';
    expectRefusal(
      await send(SOCKET, ['Host: localhost', ...handshake()], { version: '1.0' }),
      INVALID,
      details,
    );
  });

  test('to h2c over HTTP/1.0 is the plain call', async () => {
    const lines = ['Connection: Upgrade', 'Upgrade: h2c'];
    expect(await send(LIVE, lines, { version: '1.0' })).toMatchObject({ status: 200, body: { code: 0 } });
  });
});

describe('a method that no call has', () => {
  const known = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'CONNECT']);

  test.each(METHODS.filter((method) => !known.has(method)))('%s: 404', async (method) => {
    for (const path of ['/api/v1/orders', '/nowhere']) {
      const lines = ['Host: localhost', 'Connection: close', 'X-Request-Id: mine', 'Content-Length: 2'];
      const answer = await send(`${method} ${path}`, lines, { rest: '{}' });
      expectRefusal(answer, ROUTE_NOT_FOUND);
      expect(answer.headers.get('x-request-id')).toBe('mine');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test('one that nobody knows: 400', async () => {
    expectRefusal(
      await send('BREW /nowhere', ['Host: localhost']),
      INVALID,
      /^the request is not valid HTTP/,
    );
  });
});

describe('what is wrong with a head is answered like any other error', () => {
  const HOST = 'Host: localhost';
  const CLOSE = 'Connection: close';
  const MARKED = [CLOSE, `Origin: ${ORIGIN}`, 'X-Request-Id: marked'];
  const many = (count: number) => Array.from({ length: count }, (_, i) => `x${i}: y`);

  test.each<[title: string, details: string | RegExp, start: string, lines: string[]]>([
    ['no Host', 'Host is required', LIVE, []],
    ['an unknown Expect', 'Expect must be 100-continue', LIVE, [HOST, 'Expect: tea']],
    ['a bad %', 'the path must be correctly percent-encoded', 'GET /api/v1/orders/%zz', [HOST]],
    ['a path that is not UTF-8', 'the path must be correctly percent-encoded', 'GET /%ff', [HOST]],
    [
      'a head of 20 KB',
      'the head of the request must not be larger than 16 KiB',
      LIVE,
      [HOST, `X-Long: ${'x'.repeat(20_000)}`],
    ],
    ['over 2,000 headers', 'the request must not have more than 200 headers', LIVE, [HOST, ...many(2_100)]],
    ['no Host, of a document', 'Host is required', 'GET /guide/', []],
    ['no Host, of what leads elsewhere', 'Host is required', 'GET /', []],
    ['no Host, of a socket', 'Host is required', 'GET /ws/taker/v1', []],
    ['a bad header', /^the request is not valid HTTP: /, LIVE, [HOST, 'a b: c']],
  ])('%s', async (_, details, start, lines) => {
    const answer = await send(start, [...MARKED, ...lines]);
    expectRefusal(answer, INVALID, details);
    expect(answer.headers.get('x-request-id')).toBe('marked');
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('a head of 100 KB', async () => {
    const answer = await send(LIVE, [HOST, CLOSE, `X-Long: ${'x'.repeat(100_000)}`]);
    expectRefusal(answer, INVALID, 'the request is not valid HTTP: its head is too large');
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('Expect: 100-continue is no fault', async () => {
    expect((await send(LIVE, [HOST, CLOSE, 'Expect: 100-continue'])).text).toContain('"ok"');
  });

  test('CONNECT leads nowhere', async () => {
    expect(await send('CONNECT example.com:443', [HOST, CLOSE])).toMatchObject({
      status: 404,
      body: { code: 404000 },
    });
  });
});
