import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MakerClient, TakerClient } from './support/clients.js';
import { type Answer, call } from './support/http.js';
import { expectRefusal, ORIGIN_NOT_ALLOWED } from './support/refused.js';
import { startService, type TestService, testSettings } from './support/service.js';
import { Socket } from './support/socket.js';

/** Which web pages may use the service: sockets are refused to the others, calls are hidden from them by browsers. */
const ALLOWED = 'https://app.example.com';
const ALSO_ALLOWED = 'http://localhost:5173';
const OTHER_SCHEMES = ['capacitor://localhost', 'chrome-extension://abcdefghijklmnopabcdefghijklmnop'];
const FOREIGN = [
  'https://evil.example',
  'http://app.example.com',
  'https://app.example.com:8443',
  'https://app.example.com.evil.example',
  'https://sub.app.example.com',
  'null',
];

let service: TestService;
let taker: TakerClient;
let maker: MakerClient;
async function start(environment: NodeJS.ProcessEnv): Promise<void> {
  service = await startService(environment);
  [taker, maker] = [await service.newTaker(), await service.newMaker()];
}

const takerUrl = () => `${service.url}/ws/taker/v1?types=order_status_change&api_key=${taker.apiKey}`;
const makerUrl = () => `${service.url}/ws/maker/v1?types=order_status_change`;

async function expectRefused(origin: string): Promise<void> {
  const refusals = [
    await Socket.refused(takerUrl(), { origin }),
    await Socket.refused(makerUrl(), { origin }, ['jwt', maker.token]),
  ];
  for (const { status, body } of refusals) {
    const details = `Origin must be one that ALLOWED_ORIGINS names, not ${origin}`;
    expectRefusal({ status, body }, ORIGIN_NOT_ALLOWED, details);
  }
}

async function expectLetIn(origin?: string): Promise<void> {
  const sockets = [
    await Socket.open(takerUrl(), { origin }),
    await Socket.open(makerUrl(), { origin }, ['jwt', maker.token]),
  ];
  for (const socket of sockets) await socket.close();
}

const corsOf = ({ headers }: Pick<Answer, 'headers'>): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));

const preflight = (origin: string, method = 'POST'): Promise<Response> =>
  fetch(`${service.url}/api/v1/orders/cancel-result`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'content-type,x-api-key',
    },
  });

describe('with ALLOWED_ORIGINS', () => {
  beforeAll(() =>
    start({
      ALLOWED_ORIGINS: `HTTPS://App.Example.com:443, ${[ALSO_ALLOWED, ...OTHER_SCHEMES].join(', ')}`,
      TRUSTED_PROXIES: '127.0.0.1',
    }),
  );
  afterAll(() => service.stop());

  test.each([ALLOWED, ALSO_ALLOWED, ...OTHER_SCHEMES, ALLOWED.toUpperCase(), `${ALLOWED}:443`])(
    'pages of %s get sockets',
    (origin) => expectLetIn(origin),
  );
  test.each(FOREIGN)('pages of %s are refused sockets', (origin) => expectRefused(origin));
  test('who is no browser names no origin, and gets sockets', () => expectLetIn());
  test('pages of the service’s own host get sockets', () => expectLetIn(service.url));

  test.each<[title: string, headers: Record<string, string>, isLetIn: boolean]>([
    ['a host with the default port', { host: 'desk.example:443' }, true],
    ['a host without it', { host: 'desk.example' }, true],
    ['a host in capitals', { host: 'Desk.Example' }, true],
    ['a trusted proxy that calls by another name', { 'x-forwarded-host': 'desk.example' }, true],
    ['another host', { host: 'other.example' }, false],
    ['another port', { host: 'desk.example:8443' }, false],
  ])('a page of https://desk.example behind what ends TLS: %s', async (_, headers, isLetIn) => {
    const options = { origin: 'https://desk.example', headers };
    if (isLetIn) await (await Socket.open(takerUrl(), options)).close();
    else expect((await Socket.refused(takerUrl(), options)).body.code).toBe(403005);
  });

  test('a preflight from an allowed origin is answered', async () => {
    for (const origin of [ALLOWED, ALSO_ALLOWED, ...OTHER_SCHEMES]) {
      const answer = await preflight(origin);
      expect(answer.status).toBe(204);
      expect(corsOf(answer)).toEqual({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST, DELETE',
        'access-control-allow-headers': 'content-type,x-api-key',
        'access-control-expose-headers': 'X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Link, Date',
        'access-control-max-age': '600',
      });
      expect(answer.headers.get('vary')).toContain('Origin');
      expect(answer.headers.get('x-request-id')).toBeTruthy();
    }
  });

  test.each(FOREIGN)('a preflight from %s allows nothing, and says what would', async (origin) => {
    const answer = await preflight(origin);
    expect(corsOf(answer)).toEqual({});
    const details = `Origin must be one that ALLOWED_ORIGINS names, not ${origin}`;
    expectRefusal({ status: answer.status, body: await answer.json() }, ORIGIN_NOT_ALLOWED, details);
  });

  const headers = { origin: ALLOWED };
  test.each<[number, string, () => Promise<Answer>]>([
    [200, 'a list', () => maker.call('GET', '/orders', { headers })],
    [400, 'broken JSON', () => taker.call('POST', '/orders/unlock', { headers, raw: '{' })],
    [401, 'a call without a key', () => call('GET', `${service.url}/api/v1/orders/available`, { headers })],
    [404, 'an unknown route', () => call('GET', `${service.url}/api/v1/nothing`, { headers })],
    [
      415,
      'another media type',
      () =>
        taker.call('POST', '/orders/unlock', {
          headers: { ...headers, 'content-type': 'text/plain' },
          raw: 'x',
        }),
    ],
  ])('a page can read the answer: %i, %s', async (status, _, send) => {
    const answer = await send();
    expect(answer.status).toBe(status);
    expect(corsOf(answer)).toEqual({
      'access-control-allow-origin': ALLOWED,
      'access-control-expose-headers': 'X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Link, Date',
    });
  });

  test('a page of another origin cannot', async () => {
    const answer = await maker.call('GET', '/orders', { headers: { origin: FOREIGN[0]! } });
    expect(corsOf(answer)['access-control-allow-origin']).toBeUndefined();
  });
});

describe('without it', () => {
  beforeAll(() => start({}));
  afterAll(() => service.stop());

  test('no page from elsewhere gets sockets', async () => {
    for (const origin of [ALLOWED, 'null']) await expectRefused(origin);
  });

  test('pages of the service’s own host do', () => expectLetIn(service.url));
  test('who is no browser does', () => expectLetIn());

  test('no page can read an answer', async () => {
    const answer = await preflight(ALLOWED);
    expect(answer.status).toBe(403);
    expect(corsOf(answer)).toEqual({});
    expect(corsOf(await maker.call('GET', '/orders', { headers: { origin: ALLOWED } }))).toEqual({});
  });
});

test.each([
  '*',
  'null',
  'app.example.com',
  'https://app.example.com/',
  'https://app.example.com/page',
  'https://*.example.com',
  '://app.example.com',
  `${ALLOWED},`,
])('ALLOWED_ORIGINS=%s stops the service', (value) => {
  expect(() => testSettings({ ALLOWED_ORIGINS: value })).toThrow(
    'ALLOWED_ORIGINS must be a comma-separated list of origins as browsers send them, such as https://app.example.com',
  );
});
