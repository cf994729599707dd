import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { databaseNow, freePort } from '#database';
import { ApiKeysService, type MintedKey } from '#trading';
import type { TakerClient } from './support/clients.js';
import { type Answer, call } from './support/http.js';
import {
  expectRefusal,
  INVALID,
  MISSING_HEADER,
  ORDER_NOT_FOUND,
  TIMESTAMP_EXPIRED,
  SIGNATURE_USED,
  WRONG_SIGNATURE,
} from './support/refused.js';
import { ServiceProcess } from './support/service-process.js';
import { startService, TEST_ENVIRONMENT, type TestService } from './support/service.js';
import { type Signable, signedHeaders } from './support/signing.js';
import { Socket } from './support/socket.js';

const USED_BEFORE = /used before, and the call may have been done: sign again and repeat it/;

const MINUTES = 60_000;
const UNLOCK = '/api/v1/orders/unlock';
const BODY = JSON.stringify({ order_hash: `0x${'5c'.repeat(32)}` });

let service: TestService;
let taker: TakerClient;
let keys: ApiKeysService;
/** Demands signed requests. */
let strict: MintedKey;
/** Takes them as well. */
let plain: MintedKey;
beforeAll(async () => {
  service = await startService();
  taker = await service.newTaker();
  keys = new ApiKeysService(service.dataSource, service.settings);
  strict = await keys.create(taker.takerId, { requireSignature: true });
  plain = await keys.create(taker.takerId);
});
afterAll(() => service.stop());

/** No two requests of these tests are signed for the same millisecond. */
let timestamp = Date.now();
beforeEach(() => {
  timestamp += 1;
});

const unlock = (headers: Record<string, string>, raw = BODY, url = service.url) =>
  call('POST', url + UNLOCK, { headers, raw });
const signedUnlock = (parts: Partial<Signable> = {}, key = strict) =>
  signedHeaders(key.apiKey, key.apiSecret, { path: UNLOCK, timestamp, q: BODY, ...parts });
/** The call has come to its handler: there is no such order. */
const expectLetIn = (answer: Answer) => expectRefusal(answer, ORDER_NOT_FOUND);

describe('the headers of a signed request', () => {
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(signedUnlock()).filter(([name]) => !names.includes(name)));
  const DEMANDED = 'this API key demands signed requests';

  test.each([
    [['x-api-timestamp', 'x-api-signature'], `X-API-Timestamp and X-API-Signature are required: ${DEMANDED}`],
    [['x-api-signature'], `X-API-Signature is required: ${DEMANDED}`],
    [['x-api-timestamp'], 'X-API-Timestamp is required: a signature needs its timestamp'],
  ])('a key that demands them misses %j, also when empty', async (names, details) => {
    expectRefusal(await unlock(without(...names)), MISSING_HEADER, details);
    const empty = Object.fromEntries(names.map((name) => [name, '']));
    expectRefusal(await unlock({ ...signedUnlock(), ...empty }), MISSING_HEADER, details);
  });

  test('a key that does not demand them does without', async () => {
    const key = { 'x-api-key': plain.apiKey };
    expectLetIn(await unlock(key));
    expectLetIn(await unlock({ ...key, 'x-api-timestamp': 'yesterday' }));
    expectLetIn(await unlock({ ...key, 'x-api-timestamp': '1', 'x-api-signature': '' }));
  });

  test('what is sent with such a key is checked all the same', async () => {
    const headers = signedUnlock({}, plain);
    expectRefusal(
      await unlock({ ...headers, 'x-api-timestamp': '' }),
      MISSING_HEADER,
      /^X-API-Timestamp is req/,
    );
    expectRefusal(await unlock({ ...headers, 'x-api-signature': 'c2lnbmF0dXJl' }), WRONG_SIGNATURE);
    expectRefusal(await unlock(signedUnlock({ timestamp: 1 }, plain)), TIMESTAMP_EXPIRED);
    expectLetIn(await unlock(headers));
    expectRefusal(await unlock(headers), SIGNATURE_USED, USED_BEFORE);
  });
});

describe('the timestamp', () => {
  const now = async () => (await databaseNow(service.dataSource.manager)).getTime();

  test.each([
    ['5 minutes ahead', 5 * MINUTES],
    ['now', 0],
    ['nearly 5 minutes old', -5 * MINUTES + 20_000],
  ])('%s is fresh', async (_, offset) => {
    expectLetIn(await unlock(signedUnlock({ timestamp: (await now()) + offset })));
  });

  test.each<[title: string, timestamp: (now: number) => number | string]>([
    ['more than 5 minutes old', (time) => time - 5 * MINUTES - 1_000],
    ['more than 5 minutes ahead', (time) => time + 5 * MINUTES + 20_000],
    ['in seconds', (time) => Math.floor(time / 1000)],
    ['in microseconds', (time) => time * 1000],
    ['in ISO 8601', (time) => new Date(time).toISOString()],
    ['in hex', (time) => `0x${time.toString(16)}`],
    ['with a fraction', (time) => `${time}.5`],
    ['with an exponent', (time) => `${time / 1000}e3`],
    ['with a sign', (time) => `+${time}`],
    ['negative', (time) => -time],
    ['with a leading zero', (time) => `0${time}`],
    ['twice', (time) => `${time}, ${time}`],
    ['zero', () => 0],
    ['beyond all bounds', () => '9'.repeat(400)],
    ['a word', () => 'now'],
  ])('%s is refused, whatever is signed', async (_, spoil) => {
    const headers = signedUnlock({ timestamp: spoil(await now()) });
    const rule = /^X-API-Timestamp must be Unix milliseconds within 5 minutes of now, \d{13}$/;
    expectRefusal(await unlock(headers), TIMESTAMP_EXPIRED, rule);
    expectRefusal(await unlock({ ...headers, 'x-api-signature': 'x' }), TIMESTAMP_EXPIRED, rule);
  });
});

describe('the bytes of the body are signed as they are sent', () => {
  test.each([
    ['with blanks', `  {\t"order_hash" :\r\n "0x${'5c'.repeat(32)}" }\n`],
    ['with escapes', BODY.replace('order', '\\u006frder')],
    ['not ASCII', JSON.stringify({ order_hash: `0x${'5c'.repeat(32)}`, reason: 'Börse zu — 停牌 🛑' })],
  ])('%s', async (_, raw) => {
    const path = raw.includes('reason') ? '/api/v1/orders/reject' : UNLOCK;
    const headers = signedUnlock({ path, q: raw });
    expectLetIn(await call('POST', service.url + path, { headers, raw }));
  });

  test('none: what is signed ends with the separator', async () => {
    const details = /^order_hash is required/;
    const headers = signedUnlock({ q: '' });
    expectRefusal(await call('POST', service.url + UNLOCK, { headers }), INVALID, details);
    timestamp += 1;
    const empty = { ...signedUnlock({ q: '' }), 'content-type': 'application/json' };
    expectRefusal(await call('POST', service.url + UNLOCK, { headers: empty }), INVALID, details);
  });
});

describe('the query of a GET is signed as it is sent', () => {
  const LIST = '/api/v1/takers/orders';
  const list = (query: string, q: string) => {
    const parts = { method: 'GET', path: LIST, timestamp, q };
    const headers = signedHeaders(strict.apiKey, strict.apiSecret, parts);
    return call('GET', `${service.url}${LIST}?${query}`, { headers });
  };

  test.each([
    ['percent-encoded', 'ticker=BRK%2FB&status=locked%2cfilled'],
    ['not encoded', 'status=locked,filled&ticker=BRK/B'],
    ['with an empty part', '&ticker=BRK'],
    ['with a ?', 'ticker=BRK?'],
    ['with a +', 'ticker=BRK+B'],
    ['empty', ''],
  ])('%s', async (_, query) => {
    expect((await list(query, query)).status).toBe(200);
    for (const wrong of [`${query}&`, `?${query}`]) expectRefusal(await list(query, wrong), WRONG_SIGNATURE);
  });

  test.each([
    ['decoded', 'ticker=BRK%2FB', 'ticker=BRK/B'],
    ['encoded in the other case', 'ticker=BRK%2FB', 'ticker=BRK%2fB'],
    ['sorted', 'ticker=A&status=locked', 'status=locked&ticker=A'],
    ['left out', 'ticker=A', ''],
  ])('not %s', async (_, query, q) => {
    expectRefusal(await list(query, q), WRONG_SIGNATURE);
  });
});

describe('a signature works once', () => {
  const outcomes = (answers: Answer[]) => answers.map(({ body }) => body.code).toSorted((a, b) => a - b);

  test('of many calls at once exactly one is let in', async () => {
    const headers = signedUnlock();
    const answers = await Promise.all(Array.from({ length: 10 }, () => unlock(headers)));
    expect(outcomes(answers)).toEqual([ORDER_NOT_FOUND.code, ...Array(9).fill(SIGNATURE_USED.code)]);
    expectRefusal(await unlock(headers), SIGNATURE_USED, USED_BEFORE);
  });

  test('with another body it is none', async () => {
    const headers = signedUnlock();
    expectLetIn(await unlock(headers));
    expectRefusal(await unlock(headers, `${BODY} `), WRONG_SIGNATURE, /as it was sent/);
  });

  test('on any instance, and after a restart', async () => {
    const used = signedUnlock();
    expectLetIn(await unlock(used));
    const port = await freePort();
    const { url: DATABASE_URL } = service.dataSource.options as { url: string };
    const other = await ServiceProcess.start({
      ...TEST_ENVIRONMENT,
      LOG_LEVEL: 'info',
      DATABASE_URL,
      PORT: String(port),
    });
    try {
      const otherUrl = `http://127.0.0.1:${port}`;
      expectRefusal(await unlock(used, BODY, otherUrl), SIGNATURE_USED, USED_BEFORE);
      timestamp += 1;
      const both = signedUnlock();
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, i) => unlock(both, BODY, i % 2 ? otherUrl : service.url)),
      );
      expect(outcomes(answers)).toEqual([ORDER_NOT_FOUND.code, ...Array(9).fill(SIGNATURE_USED.code)]);
    } finally {
      await other.stop();
    }
  }, 90_000);
});

describe('an upgrade', () => {
  const SOCKET = '/ws/taker/v1';
  const QUERY = 'types=order_status_change%2Ccancellation_request';
  const signedUpgrade = (parts: Partial<Signable> = {}, key = strict) =>
    signedHeaders(key.apiKey, key.apiSecret, { method: 'GET', path: SOCKET, timestamp, q: QUERY, ...parts });
  const open = (headers: Record<string, string>, query = QUERY) =>
    Socket.open(`${service.url}${SOCKET}?${query}`, { headers });
  const refused = (headers: Record<string, string>, query = QUERY) =>
    Socket.refused(`${service.url}${SOCKET}?${query}`, { headers });

  test('is let in when its raw query is signed, once', async () => {
    const headers = signedUpgrade();
    await (await open(headers)).close();
    expectRefusal(await refused(headers), SIGNATURE_USED, USED_BEFORE);
  });

  test('with the key in the query: that is signed too', async () => {
    const query = `${QUERY}&api_key=${strict.apiKey}`;
    const { 'x-api-key': _, ...headers } = signedUpgrade({ q: query });
    await (await open(headers, query)).close();
  });

  test('of a key that demands signatures is refused without', async () => {
    expectRefusal(await refused({ 'x-api-key': strict.apiKey }), MISSING_HEADER, /X-API-Signature/);
    expectRefusal(
      await refused({ authorization: `Bearer ${strict.apiKey}` }),
      MISSING_HEADER,
      /X-API-Signature/,
    );
  });

  test.each<[title: string, parts: Partial<Signable>]>([
    ['the query decoded', { q: decodeURIComponent(QUERY) }],
    ['the query with its ?', { q: `?${QUERY}` }],
    ['no query', { q: '' }],
    ['the query in the path', { path: `${SOCKET}?${QUERY}`, q: '' }],
  ])('signed over %s is refused, whatever the key', async (_, parts) => {
    expectRefusal(await refused(signedUpgrade(parts)), WRONG_SIGNATURE);
    expectRefusal(await refused(signedUpgrade(parts, plain)), WRONG_SIGNATURE);
  });

  test('with an old timestamp is refused', async () => {
    expectRefusal(await refused(signedUpgrade({ timestamp: timestamp - 10 * MINUTES })), TIMESTAMP_EXPIRED);
  });
});
