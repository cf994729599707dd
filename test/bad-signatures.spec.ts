import { createHash, createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ApiKeysService, type MintedKey } from '#trading';
import { call } from './support/http.js';
import {
  expectRefusal,
  INVALID,
  KEY_EXPIRED,
  MALFORMED,
  ORDER_NOT_FOUND,
  WRONG_SIGNATURE,
} from './support/refused.js';
import { startService, type TestService } from './support/service.js';
import { type Signable, sign, signedHeaders } from './support/signing.js';

const UNLOCK = '/api/v1/orders/unlock';
const BODY = JSON.stringify({ order_hash: `0x${'5c'.repeat(32)}` });

let service: TestService;
let keys: ApiKeysService;
let takerId: string;
/** Demands signed requests. */
let strict: MintedKey;
let other: MintedKey;
beforeAll(async () => {
  service = await startService();
  ({ takerId } = await service.newTaker());
  keys = new ApiKeysService(service.dataSource, service.settings);
  strict = await keys.create(takerId, { requireSignature: true });
  other = await keys.create(takerId);
});
afterAll(() => service.stop());

/** No two tests sign for the same millisecond. */
let timestamp = Date.now();
beforeEach(() => {
  timestamp += 1;
});

const unlock = (headers: Record<string, string>, raw = BODY) =>
  call('POST', service.url + UNLOCK, { headers, raw });
const signedUnlock = (parts: Partial<Signable> = {}) =>
  signedHeaders(strict.apiKey, strict.apiSecret, { path: UNLOCK, timestamp, q: BODY, ...parts });
/** Signed as it should be, the call comes to its handler: there is no such order. */
const expectRightOneLetIn = async () => expectRefusal(await unlock(signedUnlock()), ORDER_NOT_FOUND);
const usedSignatures = () => service.dataSource.query<unknown[]>('SELECT mac FROM used_signatures');

describe('a signature that is refused', () => {
  const mac = () => Buffer.from(signedUnlock()['x-api-signature']!, 'base64');
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  /** Another last character, of which only bits differ that decoding drops. */
  const nonCanonical = (text: string) => {
    const last = ALPHABET.indexOf(text.at(-2)!);
    return `${text.slice(0, -2)}${ALPHABET[last ^ 1]}=`;
  };

  test.each<[title: string, spell: (base64: string) => string]>([
    ['another last character', nonCanonical],
    ['the alphabet for URLs', (text) => text.replaceAll('+', '-').replaceAll('/', '_')],
    ['its padding left out', (text) => text.slice(0, -1)],
    ['padding for two', (text) => `${text}=`],
    ['a blank inside', (text) => `${text.slice(0, 20)} ${text.slice(20)}`],
    ['a character that decoding skips', (text) => `${text.slice(0, 20)}*${text.slice(20)}`],
  ])('the right one, spelled with %s', async (_, spell) => {
    while (!/[+/]/.test(signedUnlock()['x-api-signature']!)) timestamp += 1;
    const headers = signedUnlock();
    const spelled = spell(headers['x-api-signature']!);
    expect(Buffer.from(spelled, 'base64')).toEqual(mac());
    expect(spelled).not.toBe(headers['x-api-signature']);
    expectRefusal(await unlock({ ...headers, 'x-api-signature': spelled }), WRONG_SIGNATURE);
    await expectRightOneLetIn();
  });

  const others: [title: string, signature: () => string][] = [
    ['hex', () => mac().toString('hex')],
    ['hex in Base64', () => Buffer.from(mac().toString('hex')).toString('base64')],
    ['in quotes', () => `"${mac().toString('base64')}"`],
    ['with its scheme', () => `HMAC-SHA256 ${mac().toString('base64')}`],
    ['twice', () => `${mac().toString('base64')}, ${mac().toString('base64')}`],
    ['in another case', () => mac().toString('base64').toLowerCase()],
    ['cut to half', () => mac().subarray(0, 16).toString('base64')],
    ['of zeros', () => Buffer.alloc(32).toString('base64')],
    ['of 8,000 characters', () => 'A'.repeat(8_000)],
    ['not ASCII', () => `\u00e9${mac().toString('base64').slice(2)}`],
  ];
  const over: [title: string, parts: Partial<Signable>][] = [
    ['the method in lower case', { method: 'post' }],
    ['another method', { method: 'PUT' }],
    ['the path with a query', { path: `${UNLOCK}?` }],
    ['the path with a slash at its end', { path: `${UNLOCK}/` }],
    ['another call', { path: '/api/v1/orders/lock' }],
    ['the path without its prefix', { path: '/orders/unlock' }],
    ['the whole URL', { path: `http://127.0.0.1${UNLOCK}` }],
    ['the path in upper case', { path: UNLOCK.toUpperCase() }],
    ['another timestamp', { timestamp: 1_764_000_000_000 }],
    ['no body', { q: '' }],
    ['the body with a blank', { q: BODY.replace(':', ': ') }],
    ['the body with a line end', { q: `${BODY}\n` }],
    ['the hash of the body', { q: createHash('sha256').update(BODY).digest('hex') }],
  ];
  const withSecret = (secret: () => string | Buffer) => () =>
    sign(secret(), { path: UNLOCK, timestamp, q: BODY });
  const secrets: [title: string, signature: () => string][] = [
    ["another key's secret", withSecret(() => other.apiSecret)],
    ['the API key as secret', withSecret(() => strict.apiKey)],
    ["the secret's hex decoded", withSecret(() => Buffer.from(strict.apiSecret, 'hex'))],
    ['no secret', withSecret(() => '')],
  ];
  const formulas: [title: string, signature: () => string][] = [
    ['SHA-512', () => hmac('sha512', `POST|${UNLOCK}|${timestamp}|${BODY}`)],
    ['no separators', () => hmac('sha256', `POST${UNLOCK}${timestamp}${BODY}`)],
    ['another order', () => hmac('sha256', `${timestamp}|POST|${UNLOCK}|${BODY}`)],
    ['the body alone', () => hmac('sha256', BODY)],
  ];
  const hmac = (algorithm: string, text: string) =>
    createHmac(algorithm, strict.apiSecret).update(text).digest('base64');

  test.each<[title: string, signature: () => string]>([
    ...others,
    ...over.map(([title, parts]): [string, () => string] => [
      `over ${title}`,
      () => signedUnlock(parts)['x-api-signature']!,
    ]),
    ...secrets.map(([title, signature]): [string, () => string] => [`made with ${title}`, signature]),
    ...formulas.map(([title, signature]): [string, () => string] => [`by ${title}`, signature]),
  ])('%s, and nothing is used up', async (_, signature) => {
    const before = await usedSignatures();
    const headers = { ...signedUnlock(), 'x-api-signature': signature() };
    expectRefusal(await unlock(headers), WRONG_SIGNATURE, new RegExp(`POST\\|${UNLOCK}\\|${timestamp}$`));
    expect(await usedSignatures()).toEqual(before);
    await expectRightOneLetIn();
  });

  test('comes before what the body says, and after JSON that cannot be read', async () => {
    const invalid = '{"order_hash":1}';
    expectRefusal(await unlock(signedUnlock(), invalid), WRONG_SIGNATURE);
    expectRefusal(await unlock(signedUnlock({ q: invalid }), invalid), INVALID);
    expectRefusal(await unlock(signedUnlock({ q: '{' }), '{'), MALFORMED);
  });

  test('comes after an expired key', async () => {
    const key = await keys.create(takerId, { requireSignature: true });
    await service.dataSource.query('UPDATE api_keys SET expires_at = clock_timestamp() WHERE id = $1', [
      key.keyId,
    ]);
    expectRefusal(await unlock({ 'x-api-key': key.apiKey, 'x-api-signature': 'x' }), KEY_EXPIRED);
  });
});
