import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { loginOf } from './support/clients.js';
import { succeeded } from './support/handshake.js';
import { type Answer, call } from './support/http.js';
import { expectRefusal, TOO_MANY } from './support/refused.js';
import { startService, type TestService } from './support/service.js';

/** Wallets cost nothing: how many logins and orders a minute one IP address may send, over all its wallets. */
const LOGINS = 10;
const ORDERS = 4;
const SECONDS = 60;

let service: TestService;
beforeAll(async () => {
  service = await startService({
    TRUSTED_PROXIES: '127.0.0.1',
    RATE_LIMIT_PER_SECOND: '200',
    LOGINS_PER_MINUTE_PER_ADDRESS: String(LOGINS),
    ORDERS_PER_MINUTE_PER_ADDRESS: String(ORDERS),
  });
});
afterAll(() => service.stop());

const from = (address: string) => ({ 'x-forwarded-for': address });

/** Each time another wallet. */
async function logIn(address: string): Promise<Answer> {
  const wallet = privateKeyToAccount(generatePrivateKey());
  const json = await loginOf(wallet, service.settings.EIP712_CHAIN_ID);
  return call('POST', `${service.url}/api/v1/makers/connect`, { json, headers: from(address) });
}

/** Each time another maker. */
async function place(address: string): Promise<Answer> {
  const maker = await service.newMaker();
  const order = maker.terms();
  const json = { order, signature: await maker.sign(order) };
  return maker.call('POST', '/orders', { json, headers: from(address) });
}

function expectTooMany(answer: Answer, what: string): void {
  const seconds = Number(answer.headers.get('retry-after'));
  expectRefusal(answer, TOO_MANY, `too many ${what} in the last ${SECONDS} s; try again in ${seconds} s`);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(SECONDS);
}

test('LOGINS_PER_MINUTE_PER_ADDRESS counts all wallets of an address, and no other address', async () => {
  for (let n = 0; n < LOGINS; n++) succeeded(await logIn('203.0.113.1'), 200);
  for (let n = 0; n < 3; n++) expectTooMany(await logIn('203.0.113.1'), 'logins');
  succeeded(await logIn('203.0.113.2'), 200);
});

test('ORDERS_PER_MINUTE_PER_ADDRESS does so with orders', async () => {
  for (let left = ORDERS - 1; left >= 0; left--) {
    const { headers } = succeeded(await place('203.0.113.3'), 201);
    expect(headers.get('ratelimit-policy')).toBe(`"calls";q=200;w=1, "orders";q=${ORDERS};w=${SECONDS}`);
    expect(headers.get('ratelimit')).toMatch(
      new RegExp(`^"calls";r=1\\d\\d;t=1, "orders";r=${left};t=\\d\\d?$`),
    );
  }
  expectTooMany(await place('203.0.113.3'), 'orders');
  succeeded(await place('203.0.113.4'), 201);
  succeeded(await logIn('203.0.113.3'), 200);
});

test('an address of IPv6 counts as its /64 network', async () => {
  for (let n = 1; n <= LOGINS; n++) succeeded(await logIn(`2001:db8:0:1::${n}`), 200);
  expectTooMany(await logIn('2001:db8:0:1:ffff::1'), 'logins');
  succeeded(await logIn('2001:db8:0:2::1'), 200);
});

test('logins that fail count too', async () => {
  const wrong = () =>
    call('POST', `${service.url}/api/v1/makers/connect`, { json: {}, headers: from('203.0.113.5') });
  for (let n = 0; n < LOGINS; n++) expect((await wrong()).status).toBe(400);
  expectTooMany(await logIn('203.0.113.5'), 'logins');
});
