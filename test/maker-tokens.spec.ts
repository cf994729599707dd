import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JwtSignOptions } from '@nestjs/jwt';
import { MakersService } from '#trading';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { call } from './support/http.js';
import { expectRefusal, type Refusal } from './support/refused.js';
import { startService, type TestService } from './support/service.js';
import { tokenFor } from './support/tokens.js';

/** The token of a maker's calls: which are let in, and which are refused. */
const CHAIN = '97';
const OTHER_CHAIN = '1';
const DAY_S = 24 * 3600;

const INVALID_TOKEN: Refusal = { status: 401, code: 401, message: 'Invalid token' };
const TOKEN_EXPIRED: Refusal = { status: 401, code: 401, message: 'Token expired' };

let service: TestService;
beforeAll(async () => {
  service = await startService({ EIP712_CHAIN_ID: CHAIN });
});
afterAll(() => service.stop());

/** A fixed wallet, whose address has letters of both cases. */
const wallet = privateKeyToAccount(`0x${'01'.repeat(32)}`);

const nextNonce = (headers: Record<string, string>) =>
  call('GET', `${service.url}/api/v1/orders/maker/next-nonce`, { headers });

describe("a maker's call", () => {
  const sign = (claims: object = {}, options: JwtSignOptions = {}) =>
    tokenFor(service, wallet.address.toLowerCase(), claims, options);
  const withPart = (token: string, index: number, part: string) =>
    token.split('.').with(index, part).join('.');
  const ALG_NONE = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  const OTHER = privateKeyToAccount(generatePrivateKey()).address.toLowerCase();
  const NOW_S = () => Math.floor(Date.now() / 1000);
  let installation: string;
  beforeAll(async () => {
    installation = (await service.app.get(MakersService).installation()).id;
  });
  /** Claims that the library would refuse to sign. */
  function raw(changes: object): string {
    const usual = {
      wallet_address: wallet.address.toLowerCase(),
      chain_id: CHAIN,
      aud: installation,
      generation: 0,
      iat: NOW_S(),
      exp: NOW_S() + DAY_S,
    };
    const claims = Array.isArray(changes) ? changes : { ...usual, ...changes };
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
    const mac = createHmac('sha256', service.settings.JWT_SECRET).update(signed).digest('base64url');
    return `${signed}.${mac}`;
  }
  const otherSecret = { secret: 'a-secret-that-somebody-else-made-up' };

  test('with a token signed as the service signs is let in', async () => {
    expect((await nextNonce({ authorization: `Bearer ${await sign()}` })).status).toBe(200);
  });

  test('without a token is refused', async () => expectRefusal(await nextNonce({}), INVALID_TOKEN));

  test.each<[title: string, authorization: () => string | Promise<string>]>([
    ['an empty header', () => ''],
    ['no token after Bearer', () => 'Bearer '],
    ['the token alone', () => sign()],
    ['another scheme', async () => `Basic ${await sign()}`],
    ['a word', () => 'Bearer token'],
    ['a token cut off', async () => `Bearer ${(await sign()).slice(0, -5)}`],
    ['two tokens', async () => `Bearer ${await sign()} ${await sign()}`],
    ['a token without its signature', async () => `Bearer ${withPart(await sign(), 2, '')}`],
    [
      "another token's claims",
      async () =>
        `Bearer ${withPart(await sign(), 1, (await sign({ wallet_address: OTHER })).split('.')[1]!)}`,
    ],
    ['another secret', async () => `Bearer ${await sign({}, otherSecret)}`],
    ['HS512', async () => `Bearer ${await sign({}, { algorithm: 'HS512' })}`],
    ['alg none', async () => `Bearer ${withPart(withPart(await sign(), 0, ALG_NONE), 2, '')}`],
    ["another chain's token", async () => `Bearer ${await sign({ chain_id: OTHER_CHAIN })}`],
    [
      'an expired token of another secret',
      async () => `Bearer ${await sign({}, { expiresIn: -1, ...otherSecret })}`,
    ],
    ["another installation's token", async () => `Bearer ${await sign({ aud: randomUUID() })}`],
    ['a token for several installations', async () => `Bearer ${await sign({ aud: [randomUUID()] })}`],
    ['a token that names no installation', async () => `Bearer ${raw({ aud: undefined })}`],
    ['no wallet', async () => `Bearer ${await sign({ wallet_address: null })}`],
    ['a number for a wallet', async () => `Bearer ${await sign({ wallet_address: 7 })}`],
    ['a wallet in capitals', async () => `Bearer ${await sign({ wallet_address: wallet.address })}`],
    ['no chain', async () => `Bearer ${await sign({ chain_id: undefined })}`],
    ['no end', async () => `Bearer ${raw({ exp: undefined })}`],
    ['an end beyond all time', async () => `Bearer ${raw({ exp: 1e300 })}`],
    ['an end before all time', async () => `Bearer ${raw({ exp: -1e300 })}`],
    ['a word for an end', async () => `Bearer ${raw({ exp: 'never' })}`],
    ['an end after two days', async () => `Bearer ${raw({ exp: NOW_S() + 2 * DAY_S })}`],
    ['no beginning', async () => `Bearer ${raw({ iat: undefined })}`],
    ['a generation below all', async () => `Bearer ${raw({ generation: -1 })}`],
    ['no claims but a list', () => `Bearer ${raw([])}`],
  ])('with %s is refused', async (_, authorization) => {
    expectRefusal(await nextNonce({ authorization: await authorization() }), INVALID_TOKEN);
  });

  test('with an expired token is refused', async () => {
    const authorization = `Bearer ${await sign({}, { expiresIn: -1 })}`;
    expectRefusal(await nextNonce({ authorization }), TOKEN_EXPIRED);
  });
});
