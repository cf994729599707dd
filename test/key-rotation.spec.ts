import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { databaseNow } from '#database';
import { ApiKeysService, type MintedKey } from '#trading';
import type { TakerClient } from './support/clients.js';
import { type Answer, call } from './support/http.js';
import {
  expectRefusal,
  IP_NOT_ALLOWED,
  KEY_EXPIRED,
  MISSING_HEADER,
  ORDER_NOT_FOUND,
} from './support/refused.js';
import { startService, type TestService } from './support/service.js';
import { signedHeaders } from './support/signing.js';
import { until } from './support/until.js';

/** What the operator's `key rotate` means to calls. */
const GRACE_S = 24 * 3600;

let service: TestService;
let taker: TakerClient;
let keys: ApiKeysService;
beforeAll(async () => {
  service = await startService();
  taker = await service.newTaker();
  keys = new ApiKeysService(service.dataSource, service.settings);
});
afterAll(() => service.stop());

const PATH = '/api/v1/orders/unlock';
const unlock = (
  { apiKey }: Pick<MintedKey, 'apiKey'>,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  call('POST', service.url + PATH, {
    json: { order_hash: `0x${'5c'.repeat(32)}` },
    headers: { 'x-api-key': apiKey, ...headers },
  });
const expectLetIn = (answer: Answer) => expectRefusal(answer, ORDER_NOT_FOUND);
const now = async () => (await databaseNow(service.dataSource.manager)).getTime();

test('both keys work during the grace', async () => {
  const old = await keys.create(taker.takerId);
  const made = await keys.rotate(old.keyId, GRACE_S);
  expect(made).toMatchObject({ expiresAt: null, replaces: { keyId: old.keyId } });
  expect(Math.abs(made.replaces.expiresAt.getTime() - GRACE_S * 1000 - (await now()))).toBeLessThan(60_000);
  expectLetIn(await unlock(old));
  expectLetIn(await unlock(made));
});

test('the old one is refused from the end of the grace on, the new one works on', async () => {
  const old = await keys.create(taker.takerId);
  const made = await keys.rotate(old.keyId, 1);
  await until(async () => {
    const calledAt = await now();
    const answer = await unlock(old);
    if (answer.status === KEY_EXPIRED.status) expectRefusal(answer, KEY_EXPIRED);
    else {
      expectLetIn(answer);
      expect(calledAt).toBeLessThan(made.replaces.expiresAt.getTime());
    }
    return answer.status === KEY_EXPIRED.status;
  }, 'the end of the grace');
  expectLetIn(await unlock(made));
});

test('without grace the old one, though in use, is refused within 5 seconds', async () => {
  const old = await keys.create(taker.takerId);
  expectLetIn(await unlock(old));
  await keys.rotate(old.keyId, 0);
  const rotatedAt = performance.now();
  let last = rotatedAt;
  await until(async () => {
    const calledAt = performance.now();
    const { status } = await unlock(old);
    if (status !== KEY_EXPIRED.status) last = calledAt;
    return status === KEY_EXPIRED.status;
  }, 'the refusal');
  expect(last - rotatedAt).toBeLessThan(5_000);
});

describe('the new key has', () => {
  test('the rules of the old one, and a secret of its own', async () => {
    const allowIps = ['203.0.113.0/24', '2001:db8::1'];
    const old = await keys.create(taker.takerId, { requireSignature: true, allowIps });
    const made = await keys.rotate(old.keyId, GRACE_S);
    expectRefusal(await unlock(made), IP_NOT_ALLOWED);
    const rules = { taker_id: taker.takerId, require_signature: true, allow_ips: allowIps };
    const listed = await keys.list();
    expect(listed.find(({ id }) => id === made.keyId)).toMatchObject({ ...rules, replaced_by: null });
    expect(listed.find(({ id }) => id === old.keyId)).toMatchObject({ ...rules, replaced_by: made.keyId });
    expect(made.apiSecret).not.toBe(old.apiSecret);
  });

  test('signatures with its own secret', async () => {
    const old = await keys.create(taker.takerId, { requireSignature: true });
    const made = await keys.rotate(old.keyId, GRACE_S);
    expectRefusal(await unlock(made), MISSING_HEADER);
    const q = JSON.stringify({ order_hash: `0x${'5c'.repeat(32)}` });
    const parts = { path: PATH, timestamp: Date.now(), q };
    expect((await unlock(made, signedHeaders(made.apiKey, old.apiSecret, parts))).status).toBe(401);
    expectLetIn(await unlock(made, signedHeaders(made.apiKey, made.apiSecret, parts)));
    expectLetIn(await unlock(old, signedHeaders(old.apiKey, old.apiSecret, parts)));
  });

  test('the end of the old one, which is never put off', async () => {
    const old = await keys.create(taker.takerId, { validForSeconds: 60 });
    const made = await keys.rotate(old.keyId, GRACE_S);
    expect(made.expiresAt).toEqual(old.expiresAt);
    expect(made.replaces.expiresAt).toEqual(old.expiresAt);
  });
});

describe('is refused, and changes nothing, for', () => {
  const expectRefused = async (keyId: string, details: RegExp) => {
    const before = await keys.list();
    await expect(keys.rotate(keyId, GRACE_S)).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      details: expect.stringMatching(details),
    });
    expect(await keys.list()).toEqual(before);
  };

  test('a key that was revoked', async () => {
    const { keyId } = await keys.create(taker.takerId);
    await keys.revoke(keyId);
    await expectRefused(keyId, /^key: [0-9a-f]{16} was revoked at \d{4}-.*; make a new one with key create$/);
  });

  test('a key that has expired', async () => {
    const { keyId } = await keys.create(taker.takerId, { validForSeconds: 3600 });
    await service.dataSource.query('UPDATE api_keys SET expires_at = clock_timestamp() WHERE id = $1', [
      keyId,
    ]);
    await expectRefused(keyId, /expired at \d{4}-.*; make a new one with key create$/);
  });

  test('a key that was rotated before, also at the same time', async () => {
    const { keyId } = await keys.create(taker.takerId);
    const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => keys.rotate(keyId, GRACE_S)));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expectRefused(keyId, /was replaced by [0-9a-f]{16} already$/);
  });

  test('a key that is not known', () => expectRefused('0'.repeat(16), /^key: no key has the id 0{16}$/));
});
