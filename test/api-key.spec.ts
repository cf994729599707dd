import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { databaseNow } from '#database';
import { ApiKeysService } from '#trading';
import type { TakerClient } from './support/clients.js';
import { type Answer, call } from './support/http.js';
import {
  expectRefusal,
  INVALID,
  KEY_EXPIRED,
  KEY_NOT_FOUND,
  MISSING_HEADER,
  ORDER_NOT_FOUND,
  type Refusal,
  TOO_MANY,
} from './support/refused.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

const INVALID_TOKEN: Refusal = { status: 401, code: 401, message: 'Invalid token' };

/** How long a revoked key may go on working. */
const REVOCATION_MS = 5_000;

let service: TestService;
let taker: TakerClient;
/** The operator's side, in another process than the service. */
let keys: ApiKeysService;

async function start(environment?: NodeJS.ProcessEnv): Promise<void> {
  service = await startService(environment);
  taker = await service.newTaker();
  keys = new ApiKeysService(service.dataSource, service.settings);
}

/** A call that any taker may make, about an order that does not exist. */
function unlock(headers: Record<string, string>, query = ''): Promise<Answer> {
  const json = { order_hash: `0x${'5c'.repeat(32)}` };
  return call('POST', `${service.url}/api/v1/orders/unlock${query}`, { json, headers });
}

const unlockWith = (apiKey: string) => unlock({ 'x-api-key': apiKey });
const expectLetIn = (answer: Answer) => expectRefusal(answer, ORDER_NOT_FOUND);

/** Changes a key's row in the database before its first use. */
async function keyAfter(sql: string): Promise<string> {
  const { apiKey, keyId } = await keys.create(taker.takerId);
  const [, changed] = await service.dataSource.query(`${sql} WHERE id = $1`, [keyId]);
  expect(changed).toBe(1);
  return apiKey;
}

const changedLast = (key: string) => `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;
const changedMiddle = (key: string) =>
  key.replace(/(.{40})(.)/, (_, before, digit) => `${before}${digit === '0' ? '1' : '0'}`);

describe('a call with', () => {
  beforeAll(() => start());
  afterAll(() => service.stop());

  test('a key is let in', async () => expectLetIn(await unlockWith(taker.apiKey)));

  test.each<[title: string, headers: (key: string) => Record<string, string>]>([
    ['no key', () => ({})],
    ['an empty key', () => ({ 'x-api-key': '' })],
    ['the key as bearer token', (key) => ({ authorization: `Bearer ${key}` })],
    ['the key in headers of other names', (key) => ({ 'api-key': key, 'x-api-token': key })],
  ])('%s misses a header', async (_, headers) => {
    expectRefusal(await unlock(headers(taker.apiKey)), MISSING_HEADER, /X-API-Key/);
  });

  test('the key in the query is refused', async () => {
    const { body } = await unlock({}, `?api_key=${taker.apiKey}`);
    expect([INVALID.code, MISSING_HEADER.code]).toContain(body.code);
  });

  test.each<[title: string, spoil: (key: string) => string]>([
    ['a word', () => 'secret'],
    ['the key cut off', (key) => key.slice(0, -1)],
    ['the key continued', (key) => `${key}0`],
    ['the key in upper case', (key) => key.toUpperCase()],
    ['the key twice', (key) => `${key}, ${key}`],
    ['the key in quotes', (key) => `"${key}"`],
    ['the key with another last digit', changedLast],
    ['the key with another digit in the middle', changedMiddle],
    ['a very long key', (key) => key + '0'.repeat(8_000)],
    ['letters that are not ASCII', () => 'schlüssel'],
  ])('%s finds no key', async (_, spoil) => {
    const spoilt = spoil(taker.apiKey);
    expect(spoilt).not.toBe(taker.apiKey);
    expectRefusal(await unlockWith(spoilt), KEY_NOT_FOUND);
  });

  test.each([
    ['a well-formed key that is not known', 'DELETE FROM api_keys', KEY_NOT_FOUND],
    ['a known id and another secret', `UPDATE api_keys SET key_hash = sha256('another')`, KEY_NOT_FOUND],
    ['a revoked key', 'UPDATE api_keys SET revoked_at = clock_timestamp()', KEY_NOT_FOUND],
    ['an expired key', `UPDATE api_keys SET expires_at = clock_timestamp() - interval '1 ms'`, KEY_EXPIRED],
    [
      'a key that was revoked and expired since',
      'UPDATE api_keys SET revoked_at = clock_timestamp(), expires_at = clock_timestamp()',
      KEY_NOT_FOUND,
    ],
  ])('%s is refused', async (_, sql, refusal) => {
    expectRefusal(await unlockWith(await keyAfter(sql)), refusal);
  });

  test('a key that has still to expire is let in', async () => {
    const { apiKey } = await keys.create(taker.takerId, { validForSeconds: 3600 });
    expectLetIn(await unlockWith(apiKey));
  });

  test("a maker's token is refused", async () => {
    const { token } = await service.newMaker();
    expectRefusal(await unlockWith(token), KEY_NOT_FOUND);
  });

  test("a key in a maker's call is refused", async () => {
    const headers = { authorization: `Bearer ${taker.apiKey}`, 'x-api-key': taker.apiKey };
    const answer = await call('GET', `${service.url}/api/v1/orders/maker/next-nonce`, { headers });
    expectRefusal(answer, INVALID_TOKEN);
  });
});

describe('a key in use', () => {
  beforeAll(() => start());
  afterAll(() => service.stop());

  /** Calls until the key is refused; returns when, by this clock, the last call began that was let in. */
  async function lastUse(
    apiKey: string,
    now: () => number | Promise<number>,
    refusal: Refusal,
  ): Promise<number> {
    let last = Number.NEGATIVE_INFINITY;
    await until(async () => {
      const began = await now();
      const answer = await unlockWith(apiKey);
      if (answer.status === ORDER_NOT_FOUND.status) last = began;
      else expectRefusal(answer, refusal);
      return answer.status === refusal.status;
    }, `the refusal ${refusal.message}`);
    return last;
  }

  test('is refused 5 s after its revocation at the latest; others go on', async () => {
    const { apiKey, keyId } = await keys.create(taker.takerId);
    expectLetIn(await unlockWith(apiKey));
    await keys.revoke(keyId);
    const revokedAt = performance.now();
    const last = await lastUse(apiKey, () => performance.now(), KEY_NOT_FOUND);
    expect(last - revokedAt).toBeLessThan(REVOCATION_MS);
    expectLetIn(await unlockWith(taker.apiKey));
  });

  test('is refused from its expiry on', async () => {
    const { apiKey, expiresAt } = await keys.create(taker.takerId, { validForSeconds: 1 });
    const now = async () => (await databaseNow(service.dataSource.manager)).getTime();
    expect(await lastUse(apiKey, now, KEY_EXPIRED)).toBeLessThan(expiresAt!.getTime());
  });
});

describe('more calls in a second than RATE_LIMIT_PER_SECOND', () => {
  const LIMIT = 5;
  beforeAll(() => start({ RATE_LIMIT_PER_SECOND: String(LIMIT) }));
  afterAll(() => service.stop());

  const burst = (apiKey: string, calls: number) =>
    Promise.all(Array.from({ length: calls }, () => unlockWith(apiKey)));

  test('are refused to the key that makes them, for a while, and to no other', async () => {
    const { apiKey: second } = await keys.create(taker.takerId);
    const others = [second, (await service.newTaker()).apiKey];
    const [answers, ...ofOthers] = await Promise.all([
      burst(taker.apiKey, 20),
      ...others.map((apiKey) => burst(apiKey, LIMIT)),
    ]);
    const refused = answers.filter(({ status }) => status === TOO_MANY.status);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expectRefusal(answer, TOO_MANY);
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect(answer.headers.get('ratelimit')).toBe('"calls";r=0;t=1');
    }
    const letIn = answers.filter((answer) => !refused.includes(answer));
    for (const { headers } of answers) expect(headers.get('ratelimit-policy')).toBe(`"calls";q=${LIMIT};w=1`);
    const left = letIn.map(({ headers }) =>
      Number(/^"calls";r=(\d+);t=1$/.exec(headers.get('ratelimit')!)![1]),
    );
    expect(new Set(left)).toEqual(new Set(Array.from({ length: LIMIT }, (_, n) => n)));
    expect(letIn.length).toBeGreaterThanOrEqual(LIMIT);
    for (const answer of [...letIn, ...ofOthers.flat()]) expectLetIn(answer);
    await until(async () => (await unlockWith(taker.apiKey)).status !== TOO_MANY.status, 'another second');
  });

  test('are counted over all calls that there are', async () => {
    const paths = ['/orders/available', '/takers/events'].flatMap((path) =>
      Array<string>(LIMIT - 1).fill(path),
    );
    const isRefused = async (): Promise<boolean> => {
      const { apiKey } = await service.newTaker(); // a slow machine may take more than a second for them
      const options = { headers: { 'x-api-key': apiKey } };
      const answers = await Promise.all(
        paths.map((path) => call('GET', `${service.url}/api/v1${path}`, options)),
      );
      return answers.some(({ status }) => status === TOO_MANY.status);
    };
    await until(isRefused, 'a refusal');
  });
});
