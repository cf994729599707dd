import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '#database';
import { ApiKeysService } from '#trading';
import { SECURITY_HEADERS } from '../src/http/refusals/refusal.js';
import { MakerClient, TakerClient } from './support/clients.js';
import { PRIVATE_PATHS } from './support/deployment.js';
import { ExternalService } from './support/external-service.js';
import { askedOrder, type Participants, succeeded } from './support/handshake.js';
import { call } from './support/http.js';
import { MetricsPage } from './support/metrics.js';
import { NGINX, Proxy } from './support/proxy.js';
import { rawCall } from './support/raw-http.js';
import {
  expectRefusal,
  INVALID,
  IP_NOT_ALLOWED,
  ORDER_NOT_FOUND,
  ROUTE_NOT_FOUND,
  TOO_LARGE,
  TOO_MANY,
  UNAVAILABLE,
} from './support/refused.js';
import type { ServiceProcess } from './support/service-process.js';
import { Socket } from './support/socket.js';
import { until } from './support/until.js';

/** The reverse proxy of the compose file, in Debian's nginx, before two instances. In CI it must be there. */
const PATIENCE_MS = 120_000;
const here = existsSync(NGINX) || process.env.CI === 'true';
if (!here)
  console.warn(`skipped: the tests of the proxy need ${NGINX} (Debian: apt-get install nginx-light)`);

/** As in a container: nothing can be written where the process would keep what it is not given. */
const CONTAINED = { NODE_ENV: 'production', DATA_DIR: '/proc/none' };
/** A test's calls come from here; it stands for the proxy and for what ends TLS before it. */
const TRUSTED = { TRUSTED_PROXIES: '127.0.0.1' };

let service: ExternalService;
let ports: [number, number];
let instances: [ServiceProcess, ServiceProcess];
let proxy: Proxy;
/** Makers and takers that know only the proxy. */
let outside: Participants;
const startOn = (port: number) => service.start({ ...CONTAINED, ...TRUSTED, PORT: String(port) });

(here ? describe : describe.skip)('the proxy', () => {
  beforeAll(async () => {
    service = await ExternalService.prepare();
    ports = [await freePort(), await freePort()];
    instances = await Promise.all([startOn(ports[0]), startOn(ports[1])]);
    proxy = await Proxy.start(ports);
    const { settings, dataSource } = service;
    outside = {
      newMaker: () => MakerClient.logIn(proxy.url, settings),
      newTaker: () => TakerClient.create(proxy.url, dataSource, settings),
    };
  }, PATIENCE_MS);
  afterAll(async () => {
    await proxy.stop();
    await Promise.all(instances.map((instance) => instance.stop()));
    await service.drop();
  });

  test('nginx takes its configuration as it is', () => {
    expect(Proxy.check()).toContain('test is successful');
  });

  test('passes the handshake through: sockets, and calls that are signed', async () => {
    const taker = await outside.newTaker();
    const [maker, socket] = [await outside.newMaker(), await taker.socket()];
    const heardByMaker = await maker.socket();
    const { hash, id, requestId } = await askedOrder(outside, { maker, taker });
    const push = await socket.hearAbout('cancellation_request', hash);
    expect(push.data.metadata.request_id).toBe(requestId);
    await taker
      .library()
      .answerCancellation({ order_hash: hash, cancellation_success: true, message: 'Not traded yet' });
    await heardByMaker.hear(({ data }) => data.order_hash === hash && data.to_status === 'cancelled');
    expect((await maker.order(id)).status).toBe('cancelled');
    await Promise.all([socket.close(), heardByMaker.close()]);
  });

  test('gives both instances their share', async () => {
    const answered = () => ports.map((port) => proxy.log.includes(`"instance":"127.0.0.1:${port}"`));
    await until(async () => {
      await call('GET', `${proxy.url}/health/ready`);
      return answered().every(Boolean);
    }, 'both to have answered');
  });

  describe("tells callers' addresses", () => {
    const SOCKET = '/ws/taker/v1?types=order_status_change';
    let headers: Record<string, string>;
    beforeAll(async () => {
      const { takerId } = await outside.newTaker();
      const keys = new ApiKeysService(service.dataSource, service.settings);
      headers = { 'x-api-key': (await keys.create(takerId, { allowIps: ['203.0.113.7'] })).apiKey };
    });
    const unlock = (forwardedFor: string) =>
      call('POST', `${proxy.url}/api/v1/orders/unlock`, {
        json: { order_hash: `0x${'5c'.repeat(32)}` },
        headers: { ...headers, 'x-forwarded-for': forwardedFor },
      });

    test.each(['203.0.113.7', '198.51.100.1, 203.0.113.7'])('%s is let in', async (forwardedFor) => {
      expectRefusal(await unlock(forwardedFor), ORDER_NOT_FOUND);
      const options = { headers: { ...headers, 'x-forwarded-for': forwardedFor } };
      await (await Socket.open(proxy.url + SOCKET, options)).close();
    });

    test('what a caller says of itself does not help it', async () => {
      const refused = await unlock('203.0.113.7, 198.51.100.1');
      expectRefusal(refused, IP_NOT_ALLOWED, 'this API key may not be used from 198.51.100.1');
      const forged = { headers: { ...headers, 'x-forwarded-for': '203.0.113.7' }, localAddress: '127.0.0.2' };
      expectRefusal(
        await Socket.refused(proxy.url + SOCKET, forged),
        IP_NOT_ALLOWED,
        'this API key may not be used from 127.0.0.2',
      );
    });
  });

  describe('keeps the figures inside', () => {
    const FIGURE = 'lockstep_sockets';
    /** A path is sent as it is, which fetch would not do. */
    const get = (url: string, path: string) =>
      rawCall(url, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);

    test('an instance has them', async () => {
      expect((await get(`http://127.0.0.1:${ports[0]}`, '/metrics')).text).toContain(FIGURE);
    });

    test.each([
      ...PRIVATE_PATHS,
      '/metrics/',
      '/metrics?/docs',
      '//metrics',
      '/%6detrics',
      '/%6Detrics/../docs',
      '/docs/../metrics',
      '/docs/..%2fmetrics',
      '/docs/%2e%2e/metrics',
      '/metrics/../docs',
      '/metrics%3f/../docs',
      '/metrics;/../docs',
      '/metrics%00/../docs',
    ])('%s does not lead to them', async (path) => {
      const { status, text } = await get(proxy.url, path);
      expect([400, 404]).toContain(status);
      expect(text).not.toContain(FIGURE);
    });
  });

  test('adds to what it passes on that browsers are to come by TLS, and changes nothing else', async () => {
    const { headers } = await call('GET', `${proxy.url}/health/live`);
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  describe('refuses in the words of the service, for pages of any origin', () => {
    const HOST = 'Host: desk.example\r\nX-Request-Id: asked\r\nConnection: close\r\n';
    const INVALID_HTTP = { ...INVALID, details: 'the request is not valid HTTP, or its head is too large' };
    const NO_ROUTE = {
      ...ROUTE_NOT_FOUND,
      details: 'there is no such call or page; see /guide/ and /reference/',
    };
    const LARGE = { ...TOO_LARGE, details: 'the body must not be larger than 64 KiB' };
    const long = 'x'.repeat(70_000);

    test.each([
      ['a path that is not for the outside', `GET /metrics HTTP/1.1\r\n${HOST}\r\n`, NO_ROUTE],
      ["nginx's own location", `GET /unreadable HTTP/1.1\r\n${HOST}\r\n`, NO_ROUTE],
      ['a method of its own', `TRACE /api/v1/orders HTTP/1.1\r\n${HOST}\r\n`, NO_ROUTE],
      ['a large body', `POST /api/v1/orders HTTP/1.1\r\n${HOST}Content-Length: 70000\r\n\r\n${long}`, LARGE],
      ['no HTTP', 'nonsense\r\n\r\n', INVALID_HTTP],
      ['a bad target', `GET /api/%zz HTTP/1.1\r\n${HOST}\r\n`, INVALID_HTTP],
      ['a long target', `GET /api/${long} HTTP/1.1\r\n${HOST}\r\n`, INVALID_HTTP],
      ['a long header', `GET /api/v1/orders HTTP/1.1\r\n${HOST}X: ${long}\r\n\r\n`, INVALID_HTTP],
      ['an unknown version', `GET /api/v1/orders HTTP/3.1\r\n${HOST}\r\n`, INVALID_HTTP],
      [
        'an unknown encoding',
        `POST /api/v1/orders HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip\r\n\r\n`,
        INVALID_HTTP,
      ],
    ])('%s', async (_, bytes, { details, ...refusal }) => {
      const answer = await rawCall(proxy.url, bytes);
      expectRefusal(answer, refusal, details);
      expectOwnHeaders(answer.headers);
    });

    test('too many calls', async () => {
      const answers = await Promise.all(
        Array.from({ length: 160 }, () => fetch(`${proxy.url}/openapi.yaml`)),
      );
      const limited = answers.find(({ status }) => status === 429)!;
      expectRefusal({ status: 429, body: await limited.json() }, TOO_MANY, /try again in 1 s$/);
      expect(limited.headers.get('retry-after')).toBe('1');
      expectOwnHeaders(limited.headers);
    });

    test('an instance that does not answer', async () => {
      const silent = createServer(() => {}).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      const before = await Proxy.start([port, port], '500ms');
      const answer = await fetch(`${before.url}/health/ready`);
      expectRefusal(
        { status: answer.status, body: await answer.json() },
        UNAVAILABLE,
        /^no instance answered/,
      );
      expect(answer.headers.get('retry-after')).toBe('1');
      expectOwnHeaders(answer.headers);
      await before.stop();
      silent.close();
    });

    /** Those that every answer of the service has, and what lets a page read it. */
    function expectOwnHeaders(headers: Headers): void {
      const common = { ...SECURITY_HEADERS, 'content-type': 'application/json; charset=utf-8' };
      const cors = {
        'access-control-allow-origin': '*',
        'access-control-expose-headers': 'X-Request-Id, Retry-After',
      };
      const all = { ...common, ...cors, 'strict-transport-security': 'max-age=31536000' };
      expect(Object.fromEntries(headers)).toMatchObject(all);
      expect(headers.get('x-request-id')).toMatch(/^(asked|[0-9a-f]{32})$/);
    }
  });

  test('logs calls without the keys that browsers have in their URLs', async () => {
    const { apiKey } = await outside.newTaker();
    await (await Socket.open(`${proxy.url}/ws/taker/v1?types=order_status_change&api_key=${apiKey}`)).close();
    await until(() => proxy.log.includes('"path":"/ws/taker/v1","status":101'), 'the line of the socket');
    expect(proxy.log).not.toContain(apiKey);
    expect(proxy.log).not.toContain('api_key');
    await fetch(`${proxy.url}/api/v1/orders/${apiKey}`);
    await until(() => proxy.log.includes('"path":"(masked)"'), 'the line of the call');
    expect(proxy.log).not.toContain(apiKey.slice(20));
  });

  test(
    'goes on with either instance stopped, and with the one that comes back',
    async () => {
      const [maker, taker] = [await outside.newMaker(), await outside.newTaker()];
      const handshake = async () => {
        const { hash } = await askedOrder(outside, { maker, taker });
        succeeded(await taker.answer(hash, true), 200);
      };
      // once at each stage, on connections that nginx keeps from the stage before
      for (const index of [0, 1] as const) {
        const reading = new AbortController();
        const reads = readOn(taker, reading.signal);
        const sockets: Socket[] = [];
        await until(async () => {
          sockets.push(await taker.socket());
          const page = await MetricsPage.of(`http://127.0.0.1:${ports[index]}`);
          return page.value('lockstep_sockets', { kind: 'taker' })! > 0;
        }, 'a socket on the one to be stopped');
        expect(await instances[index].stop()).toBe(0);
        await until(() => sockets.some(({ closeCode }) => closeCode === 1001), 'a socket to be closed');
        await handshake();
        await (await taker.socket()).close();
        instances[index] = await startOn(ports[index]);
        await handshake();
        reading.abort();
        expect(await reads).toBeGreaterThan(0);
        await Promise.all(sockets.map((socket) => socket.close()));
      }
      expect(proxy.log).not.toMatch(/"status":5/);
    },
    PATIENCE_MS,
  );

  test(
    'answers for the service while no instance runs',
    async () => {
      await Promise.all(instances.map((instance) => instance.stop()));
      const headers = { 'x-request-id': 'asked-for-nobody' };
      const answer = await call('POST', `${proxy.url}/api/v1/makers/connect`, { json: {}, headers });
      expectRefusal(answer, UNAVAILABLE, 'no instance answered: repeat the call');
      expect(answer.headers.get('x-request-id')).toBe('asked-for-nobody');
      expect(answer.headers.get('retry-after')).toBe('1');
      const badId = { headers: { 'x-request-id': 'not allowed' } };
      const other = await call('GET', `${proxy.url}/health/ready`, badId);
      expect(other.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
      instances[0] = await startOn(ports[0]);
      succeeded(await call('GET', `${proxy.url}/health/ready`), 200);
    },
    PATIENCE_MS,
  );
});

/** Reads a taker's list again and again, each time with success; returns how often. */
async function readOn(taker: TakerClient, signal: AbortSignal): Promise<number> {
  let times = 0;
  for (; !signal.aborted; times++) succeeded(await taker.call('GET', '/orders/available'), 200);
  return times;
}
