import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ApiKeysService, type MintedKey } from '#trading';
import { Crowd, requestBytes } from './support/crowd.js';
import { ExternalService } from './support/external-service.js';
import { type Answer, call } from './support/http.js';
import { rawCall } from './support/raw-http.js';
import { expectRefusal, KEY_NOT_FOUND, TOO_MANY } from './support/refused.js';
import type { ServiceProcess } from './support/service-process.js';
import { signedHeaders } from './support/signing.js';
import { until } from './support/until.js';

/** Strangers who want to do harm by HTTP: what they get is refused, and the process stays as it was. */
const MEGABYTE = 1024 * 1024;
jest.setTimeout(120_000);

let service: ExternalService;
let instance: ServiceProcess;
beforeAll(async () => {
  service = await ExternalService.prepare();
  instance = await service.start({ TRUSTED_PROXIES: '127.0.0.1', RATE_LIMIT_PER_SECOND: '20' });
});
afterAll(async () => {
  await instance.stop();
  await service.drop();
});

/** A key that nobody has, as it would look. */
function wellFormedKey(): string {
  const body = `lk_${randomBytes(8).toString('hex')}_${randomBytes(32).toString('hex')}`;
  return `${body}_${crc32(body).toString(16).padStart(8, '0')}`;
}

const from = (address: string) => ({ 'x-forwarded-for': address });

function memory(): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${instance.child.pid}/status`, 'utf8'))!;
  return Number(kilobytes) * 1024;
}

test.each([
  ['/openapi.json', 1],
  ['/openapi.json', 10],
  ['/docs/swagger-ui-bundle.js', 1],
])('%s pipelined, %i rounds a connection, and never read: its memory stays bounded', async (path, rounds) => {
  await fetch(service.url + path, { headers: from('198.51.100.1') });
  const before = memory();
  const crowd = new Crowd(service.url);
  const connections = await Promise.all(
    Array.from({ length: 120 }, async (_, i) => {
      const connection = await crowd.send(1, '');
      connection.pause();
      const headers = from(`198.51.100.${2 + (i % 250)}`);
      for (let round = 0; round < rounds; round += 1) {
        connection.write(requestBytes('GET', path, headers).repeat(150));
      }
      return connection;
    }),
  );
  let most = 0;
  for (let i = 0; i < 20; i += 1) {
    most = Math.max(most, memory());
    await delay(100); // oxlint-disable-line -- memory is watched for as long as the attack lasts
  }
  crowd.hangUp();
  expect(connections.length).toBe(120);
  expect(most - before).toBeLessThan(250 * MEGABYTE);
  expect((await call('GET', `${service.url}/health/live`)).status).toBe(200);
});

test('documents are for an address a limited number of times a minute, and for others still', async () => {
  const documents = [
    '/openapi.yaml',
    '/docs',
    '/guide/push',
    '/reference/lockOrder',
    '/docs/errors/409003',
    '/console/',
    '/llms.txt',
  ];
  const get = (path: string, address: string) => fetch(`${service.url}${path}`, { headers: from(address) });
  const rounds = await Promise.all(
    Array.from({ length: 48 }, () => Promise.all(documents.map((path) => get(path, '203.0.113.50')))),
  );
  expect(rounds.flat().filter(({ status }) => status === 200)).toHaveLength(300);
  for (const path of documents) {
    const answer = await get(path, '203.0.113.50');
    expectRefusal({ status: answer.status, body: await answer.json() }, TOO_MANY, /^too many documents/);
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d?$/);
    expect((await get(path, '203.0.113.51')).status).toBe(200);
  }
});

test('a head that does not end, and a body that does not come, are given up', async () => {
  const begun = performance.now();
  const slow = 'POST /api/v1/makers/connect HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{';
  const [head, body] = await Promise.all([
    rawCall(service.url, 'GET /health/live HTTP/1.1\r\nHost: local'),
    rawCall(service.url, slow),
  ]);
  const details = /^the request is not valid HTTP: it was not complete in time/;
  for (const answer of [head, body]) {
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 400001, details: expect.stringMatching(details) },
    });
  }
  expect(performance.now() - begun).toBeLessThan(45_000);
});

describe('wrong keys', () => {
  const unlock = (apiKey: string, address: string): Promise<Answer> =>
    call('POST', `${service.url}/api/v1/orders/unlock`, {
      json: { order_hash: `0x${'5c'.repeat(32)}` },
      headers: { 'x-api-key': apiKey, ...from(address) },
    });
  const LIMIT = 100;

  test.each([
    ['that are made up', () => 'lk_0123456789abcdef_wrong', '203.0.113.1', 0],
    ['that are well-formed', wellFormedKey, '203.0.113.2', LIMIT],
  ])('%s: after so many from an address, 429 before any look-up', async (_, wrongKey, address, lookUps) => {
    const [good, unused] = [await service.newTaker(), await service.newTaker()];
    expect((await unlock(good.apiKey, address)).status).toBe(404);
    const [{ looked: before }] = await scans();
    for (let i = 0; i < LIMIT; i += 1) expectRefusal(await unlock(wrongKey(), address), KEY_NOT_FOUND);
    const begun = performance.now();
    let tried = 0;
    for (let i = 0; i < 50; i += 1) {
      const refused = await unlock(wrongKey(), address);
      if (refused.status === KEY_NOT_FOUND.status) tried += 1;
      else expectTooMany(refused);
    }
    // one a second may be looked up
    const most = 2 + Math.floor((performance.now() - begun) / 1_000);
    expect(tried).toBeLessThanOrEqual(most);
    expect((await scans())[0].looked - before).toBeLessThan(lookUps + most + 10);
    // a key in use goes on, also after it was forgotten as a looked-up one; elsewhere nobody notices
    expect((await unlock(good.apiKey, address)).status).toBe(404);
    await delay(3_500); // oxlint-disable-line -- a key is looked up again after 3 s
    expect((await unlock(good.apiKey, address)).status).toBe(404);
    expect((await unlock(unused.apiKey, '203.0.113.3')).status).toBe(404);
  });

  test('a right one that is new to the instance gets in soon beside them, and they do not', async () => {
    const address = '203.0.113.4';
    const wrongKey = wellFormedKey();
    for (let i = 0; i < LIMIT; i += 1) expectRefusal(await unlock(wrongKey, address), KEY_NOT_FOUND);
    const neighbours = new AbortController();
    const refused = Array.from({ length: 4 }, async () => {
      while (!neighbours.signal.aborted) expectTooMany(await unlock(wrongKey, address));
    });
    const { apiKey } = await service.newTaker();
    // the one look-up of this second is somebody else's
    await unlock(wellFormedKey(), address);
    const early = await unlock(apiKey, address);
    if (early.status !== 404) expectTooMany(early, /^1$/);
    await until(async () => (await unlock(apiKey, address)).status === 404, 'the key to be known');
    neighbours.abort();
    await Promise.all(refused);
  });

  function expectTooMany(answer: Answer, seconds = /^[1-9]\d?$/): void {
    expectRefusal(answer, TOO_MANY, /^too many wrong API keys or signatures came from/);
    expect(answer.headers.get('retry-after')).toMatch(seconds);
  }

  /** Scans of the table's index: one a look-up; the statistics come a moment later. */
  async function scans(): Promise<[{ looked: number }]> {
    await delay(1_200); // oxlint-disable-line -- PostgreSQL reports its statistics once a second
    return service.dataSource.query<[{ looked: number }]>(
      `SELECT (seq_scan + idx_scan)::int AS looked FROM pg_stat_user_tables WHERE relname = 'api_keys'`,
    );
  }

  test('one that is not known is not looked up again for a moment', async () => {
    const apiKey = wellFormedKey();
    const [{ looked: before }] = await scans();
    for (let i = 0; i < 40; i += 1)
      expectRefusal(await unlock(apiKey, `203.0.113.${i + 100}`), KEY_NOT_FOUND);
    expect((await scans())[0].looked - before).toBeLessThan(10);
  });
});

describe('who knows a key that demands signatures, and not its secret', () => {
  const LIMIT = 100;
  const path = '/api/v1/orders/unlock';
  const json = { order_hash: `0x${'5c'.repeat(32)}` };
  let key: MintedKey;
  let crowd: Crowd;
  beforeAll(async () => {
    const { takerId } = await service.newTaker();
    key = await new ApiKeysService(service.dataSource, service.settings).create(takerId, {
      requireSignature: true,
    });
  });
  beforeEach(() => {
    crowd = new Crowd(service.url);
  });
  afterEach(() => crowd.hangUp());

  const signed = (secret: string, address: string) => ({
    ...signedHeaders(key.apiKey, secret, { path, timestamp: Date.now(), q: JSON.stringify(json) }),
    ...from(address),
  });
  const unlock = (address: string) =>
    call('POST', service.url + path, { json, headers: signed(key.apiSecret, address) });
  /** A call of which all but the last byte comes. */
  const halfSent = (address: string) =>
    requestBytes('POST', path, signed('wrong', address), json).slice(0, -1);
  const refused = (details: string) => crowd.heard.split(details).length - 1;

  test('has few bodies waited for, and the holder is served, there too', async () => {
    const address = '203.0.113.60';
    const begun = performance.now();
    await crowd.send(LIMIT + 50, halfSent(address));
    // one a second is tried
    const least = () => 48 - Math.ceil((performance.now() - begun) / 1_000);
    await until(() => refused('too many wrong API keys or signatures') >= least(), 'the refusals');
    expect(refused('HTTP/1.1')).toBeLessThanOrEqual(50);
    expect((await unlock('203.0.113.61')).status).toBe(404);
    await until(async () => (await unlock(address)).status === 404, 'the holder to be served');
    expect((await unlock(address)).status).toBe(404);
  });

  test('beside its holder has no more bodies waited for than the key may make calls, and the holder is served elsewhere', async () => {
    const address = '203.0.113.62';
    expect((await unlock(address)).status).toBe(404);
    await crowd.send(60, halfSent(address));
    await until(() => refused('too many calls in this second') > 0, 'the refusals');
    expect((await unlock('203.0.113.63')).status).toBe(404);
  });
});

describe('upgrades are limited', () => {
  /** What they get that are sent at once, on connections that are open already. */
  const upgrades = async (count: number, headers: Record<string, string>): Promise<Set<string>> => {
    const crowd = new Crowd(service.url);
    const handshake = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      'Sec-WebSocket-Version': '13',
    };
    const path = '/ws/taker/v1?types=order_status_change';
    await crowd.send(count, requestBytes('GET', path, { ...handshake, ...headers }));
    const statuses = () => [...crowd.heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status!);
    await until(() => statuses().length === count, 'the answers');
    crowd.hangUp();
    return new Set(statuses());
  };

  test('by key', async () => {
    const { apiKey } = await service.newTaker();
    expect(await upgrades(40, { 'x-api-key': apiKey })).toEqual(new Set(['101', '429']));
  });

  test('by address, before anybody is looked up', async () => {
    expect(await upgrades(300, from('192.0.2.200'))).toEqual(new Set(['401', '429']));
  });
});
