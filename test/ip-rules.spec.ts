import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiKeysService } from '#trading';
import type { TakerClient } from './support/clients.js';
import { type Answer, call } from './support/http.js';
import {
  expectRefusal,
  INVALID,
  IP_NOT_ALLOWED,
  KEY_NOT_FOUND,
  ORDER_NOT_FOUND,
  TOO_MANY,
} from './support/refused.js';
import { startService, type TestService } from './support/service.js';
import { Socket } from './support/socket.js';

let service: TestService;
let taker: TakerClient;
let keys: ApiKeysService;
const start = async (environment: NodeJS.ProcessEnv): Promise<void> => {
  service = await startService(environment);
  taker = await service.newTaker();
  keys = new ApiKeysService(service.dataSource, service.settings);
};
const keyFor = async (...allowIps: string[]) => (await keys.create(taker.takerId, { allowIps })).apiKey;

/** A call of which proxies say that it comes from these addresses. */
function unlock(
  apiKey: string,
  forwardedFor?: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const forwarded: Record<string, string> =
    forwardedFor !== undefined ? { 'x-forwarded-for': forwardedFor } : {};
  return call('POST', `${service.url}/api/v1/orders/unlock`, {
    json: { order_hash: `0x${'5c'.repeat(32)}` },
    headers: { 'x-api-key': apiKey, ...forwarded, ...headers },
  });
}
const expectLetIn = (answer: Answer) => expectRefusal(answer, ORDER_NOT_FOUND);
const notAllowedFrom = (address: string) => `this API key may not be used from ${address}`;

const SOCKET = '/ws/taker/v1?types=order_status_change';
const socketOptions = (apiKey: string, forwardedFor?: string) => ({
  headers: { 'x-api-key': apiKey, ...(forwardedFor && { 'x-forwarded-for': forwardedFor }) },
});
async function expectSocket(apiKey: string, forwardedFor?: string): Promise<void> {
  await (await Socket.open(service.url + SOCKET, socketOptions(apiKey, forwardedFor))).close();
}
const refusedSocket = (apiKey: string, forwardedFor?: string) =>
  Socket.refused(service.url + SOCKET, socketOptions(apiKey, forwardedFor));

/** A login that fails for its form; before login calls are counted by IP address. */
const logIn = (forwardedFor: string) =>
  call('POST', `${service.url}/api/v1/makers/connect`, {
    json: {},
    headers: { 'x-forwarded-for': forwardedFor },
  });

describe('without trusted proxies', () => {
  beforeAll(() => start({ RATE_LIMIT_PER_SECOND: '5' }));
  afterAll(() => service.stop());

  test.each([['127.0.0.1'], ['127.0.0.0/8'], ['2001:db8::/32', '127.0.0.1'], ['::ffff:127.0.0.1']])(
    'a key for %s %s is let in from there',
    async (...ranges) => {
      const key = await keyFor(...ranges);
      expectLetIn(await unlock(key));
      await expectSocket(key);
    },
  );

  test('a key for other addresses is refused, by calls and sockets', async () => {
    const key = await keyFor('203.0.113.0/24', '2001:db8::/32');
    expectRefusal(await unlock(key), IP_NOT_ALLOWED, notAllowedFrom('127.0.0.1'));
    expectRefusal(await refusedSocket(key), IP_NOT_ALLOWED, notAllowedFrom('127.0.0.1'));
  });

  test('X-Forwarded-For and its like are ignored', async () => {
    const key = await keyFor('203.0.113.7');
    expectRefusal(await unlock(key, '203.0.113.7'), IP_NOT_ALLOWED, notAllowedFrom('127.0.0.1'));
    expectRefusal(await refusedSocket(key, '203.0.113.7'), IP_NOT_ALLOWED, notAllowedFrom('127.0.0.1'));
    const others = { forwarded: 'for=203.0.113.7', 'x-real-ip': '203.0.113.7', 'client-ip': '203.0.113.7' };
    expectRefusal(await unlock(key, undefined, others), IP_NOT_ALLOWED);
  });

  test('the key is looked at first, a signature last', async () => {
    const key = await keyFor('203.0.113.7');
    const signature = { 'x-api-signature': 'x' };
    expectRefusal(await unlock(`${key.slice(0, -1)}x`), KEY_NOT_FOUND);
    expectRefusal(await unlock(key, undefined, signature), IP_NOT_ALLOWED);
  });

  test('the limit of calls before login does not believe X-Forwarded-For', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => logIn(`203.0.113.${i}`)));
    const refused = answers.filter(({ status }) => status === TOO_MANY.status);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) expectRefusal(answer, TOO_MANY);
  });
});

describe('behind trusted proxies', () => {
  beforeAll(() => start({ TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8', RATE_LIMIT_PER_SECOND: '5' }));
  afterAll(() => service.stop());

  test.each([
    ['203.0.113.7', '203.0.113.0/24'],
    ['::ffff:203.0.113.7', '203.0.113.0/24'],
    ['203.0.113.7:54321', '203.0.113.7'],
    ['[2001:db8::7]:443', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['[::ffff:203.0.113.7]:1', '203.0.113.7'],
    ['203.0.113.7:443, 10.1.2.3:80', '203.0.113.7'],
    ['2001:db8:0:0::7', '2001:db8::7'],
    ['2001:db8:ffff::1', '2001:db8::/32'],
    ['203.0.113.7, 10.1.2.3', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7, 10.1.2.3, ::ffff:10.9.9.9', '203.0.113.7'],
  ])('a call forwarded for %s is let in by %s', async (forwardedFor, range) => {
    const key = await keyFor(range);
    expectLetIn(await unlock(key, forwardedFor));
    await expectSocket(key, forwardedFor);
  });

  test.each([
    ['another address', '203.0.114.7', '203.0.114.7'],
    ['what the client itself has put before', '203.0.113.7, 198.51.100.1', '198.51.100.1'],
    ['what stands before a proxy that is not trusted', '203.0.113.7, 198.51.100.1, 10.1.2.3', '198.51.100.1'],
    ['no address', 'unknown', 'unknown'],
    ['a word after an address', '203.0.113.7, _hidden', 'unknown'],
    ['nothing', '', '127.0.0.1'],
    ['a number that some read as an address', '3405803783', 'unknown'],
    ['an IPv6 address that only ends alike', '::203.0.113.7', '::203.0.113.7'],
    ['only proxies', '10.1.2.3', '10.1.2.3'],
  ])('a call forwarded for %s is refused', async (_, forwardedFor, address) => {
    const key = await keyFor('203.0.113.0/24');
    expectRefusal(await unlock(key, forwardedFor), IP_NOT_ALLOWED, notAllowedFrom(address));
    expectRefusal(await refusedSocket(key, forwardedFor), IP_NOT_ALLOWED, notAllowedFrom(address));
  });

  test('a call of the proxy itself comes from the proxy', async () => {
    expectRefusal(await unlock(await keyFor('203.0.113.7')), IP_NOT_ALLOWED, notAllowedFrom('127.0.0.1'));
    expectLetIn(await unlock(await keyFor('127.0.0.1')));
  });

  test('a key without a list is let in from anywhere', async () => {
    expectLetIn(await unlock(taker.apiKey, '198.51.100.1'));
    await expectSocket(taker.apiKey, '2001:db8::7');
  });

  test('ports of an address, and addresses of an IPv6 network, share its limit of logins', async () => {
    for (const addressOf of [
      (i: number) => `192.0.2.7:${i + 1}`,
      (i: number) => `[2001:db8:1:2::${i + 1}]:443`,
    ]) {
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => logIn(addressOf(i))));
      expect(answers.filter(({ status }) => status === TOO_MANY.status).length).toBeGreaterThan(0);
    }
    expectRefusal(await logIn('[2001:db8:1:3::1]:443'), INVALID);
  });

  test('the limit of calls before login is for each client address', async () => {
    const [answers, ...others] = await Promise.all([
      Promise.all(Array.from({ length: 20 }, () => logIn('203.0.113.7'))),
      ...Array.from({ length: 20 }, (_, i) => logIn(`198.51.100.${i}`)),
    ]);
    expect(answers.filter(({ status }) => status === TOO_MANY.status).length).toBeGreaterThan(0);
    for (const answer of others) expectRefusal(answer, INVALID);
  });
});
