import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { checksumAddress, type Hex } from 'viem';
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { type Answer, call } from './support/http.js';
import { expectRefusal, INVALID, RULES, type Refusal } from './support/refused.js';
import { startService, type TestService } from './support/service.js';

const CHAIN = '97';
const OTHER_CHAIN = '1';
const MINUTE_MS = 60_000;
const failure = (message: string): Refusal => ({ status: 400, code: 400, message });
const SIGNATURE = failure('Invalid signature');
const FORMAT = failure('Invalid message format');
const TIMESTAMP = failure('Timestamp expired');
const NONCE = failure('Nonce already used');
const ADDRESS = failure('Invalid wallet address');
const CHAIN_ID = failure('Chain ID mismatch');

let service: TestService;
beforeAll(async () => {
  service = await startService({ EIP712_CHAIN_ID: CHAIN });
});
afterAll(() => service.stop());

const newWallet = () => privateKeyToAccount(generatePrivateKey());
const minutesFromNow = (minutes: number) => new Date(Date.now() + minutes * MINUTE_MS).toISOString();

interface Lines {
  address: string;
  chainId: string;
  timestamp: string;
  nonce: string;
}

const goodLines = (wallet: PrivateKeyAccount): Lines => ({
  address: `Wallet address: ${wallet.address}`,
  chainId: `ChainId: ${CHAIN}`,
  timestamp: `Timestamp: ${minutesFromNow(0)}`,
  nonce: `Nonce: ${randomUUID()}`,
});

interface Login {
  wallet_address: string;
  chain_id: string;
  message: string;
  signature: string;
}

async function login(
  by: PrivateKeyAccount,
  lines: Partial<Lines> | string = {},
  chain_id = CHAIN,
): Promise<Login> {
  const message =
    typeof lines === 'string' ? lines : Object.values({ ...goodLines(by), ...lines }).join('\n');
  return { wallet_address: by.address, chain_id, message, signature: await by.signMessage({ message }) };
}

const connect = (json: unknown): Promise<Answer> =>
  call('POST', `${service.url}/api/v1/makers/connect`, { json });

async function expectLogin(json: Login): Promise<string> {
  const { status, body } = await connect(json);
  expect({ status, body }).toEqual({ status: 200, body: { code: 0, data: { jwt: expect.any(String) } } });
  return body.data.jwt;
}

describe('a login succeeds', () => {
  test('with a token of 24 hours for the wallet, which the maker calls take', async () => {
    const wallet = newWallet();
    const jwt = await expectLogin(await login(wallet));
    const [header, claims] = jwt
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    const address = wallet.address.toLowerCase();
    expect(header).toMatchObject({ alg: 'HS256', typ: 'JWT' });
    expect(claims).toMatchObject({ wallet_address: address, chain_id: CHAIN, exp: claims.iat + 24 * 3600 });
    const path = '/api/v1/orders/maker/next-nonce';
    const answer = await call('GET', service.url + path, { headers: { authorization: `Bearer ${jwt}` } });
    expect(answer.body).toEqual({ code: 0, data: { maker: address, next_nonce: 0 } });
  });

  test.each<[title: string, message: (lines: Lines) => string]>([
    [
      'in the order of the contract',
      ({ address, chainId, timestamp, nonce }) => `${address}\n${chainId}\n${timestamp}\n${nonce}`,
    ],
    ['in reverse order', (lines) => Object.values(lines).toReversed().join('\n')],
    [
      'among others',
      (lines) => ['Welcome!', '', ...Object.values(lines), 'URI: https://x.example', ''].join('\n'),
    ],
    ['with a label in other case besides', (lines) => [...Object.values(lines), 'nonce: 7'].join('\n')],
    ['ended by CR LF', (lines) => Object.values(lines).join('\r\n')],
  ])('with the lines %s', async (_, message) => {
    const wallet = newWallet();
    await expectLogin(await login(wallet, message(goodLines(wallet))));
  });

  test.each<[title: string, write: (address: Hex) => string]>([
    ['lower-case', (address) => address.toLowerCase()],
    ['checksummed', (address) => checksumAddress(address)],
    ['upper-case', (address) => `0x${address.slice(2).toUpperCase()}`],
  ])('with %s addresses', async (_, write) => {
    const wallet = newWallet();
    const address = write(wallet.address);
    const json = await login(wallet, { address: `Wallet address: ${address}` });
    await expectLogin({ ...json, wallet_address: address });
  });

  test.each<[title: string, timestamp: () => string]>([
    ['4 minutes old', () => minutesFromNow(-4)],
    ['4 minutes ahead', () => minutesFromNow(4)],
    ['without milliseconds', () => minutesFromNow(0).replace(/\.\d+/, '')],
    ['with an offset', () => minutesFromNow(120).replace('Z', '+02:00')],
    ['with an offset behind UTC', () => minutesFromNow(-210).replace('Z', '-03:30')],
    ['in lower case', () => minutesFromNow(0).toLowerCase()],
    ['without seconds', () => minutesFromNow(0).replace(/:\d\d\.\d+/, '')],
    ['with an offset without colon', () => minutesFromNow(0).replace('Z', '+0000')],
    ['with an offset of hours', () => minutesFromNow(60).replace('Z', '+01')],
    ['with microseconds', () => minutesFromNow(0).replace('Z', '456+00:00')],
    ['with a comma before the fraction', () => minutesFromNow(0).replace('.', ',')],
    ['with a blank between', () => minutesFromNow(0).replace('T', ' ')],
    ['in the basic format', () => minutesFromNow(0).replaceAll(/[-:]/g, '')],
  ])('with a timestamp %s', async (_, timestamp) => {
    await expectLogin(await login(newWallet(), { timestamp: `Timestamp: ${timestamp()}` }));
  });

  test.each([
    ['2026-01-17t03:00:24z', '2026-01-17T03:00:24.000Z'],
    ['2026-01-17T03:00Z', '2026-01-17T03:00:00.000Z'],
    ['2026-01-17T03:00:24+0000', '2026-01-17T03:00:24.000Z'],
    ['2026-01-17T03:00:24.987654+0530', '2026-01-16T21:30:24.987Z'],
  ])('where %s is meant as %s', async (timestamp, meant) => {
    const answer = await connect(await login(newWallet(), { timestamp: `Timestamp: ${timestamp}` }));
    expectRefusal(answer, TIMESTAMP, new RegExp(`; it says ${meant}$`));
  });
});

/** A fixed wallet, whose address has letters of both cases. */
const wallet = privateKeyToAccount(`0x${'01'.repeat(32)}`);
const WRONG_CHECKSUM = wallet.address.replace(/[A-F]/, (letter) => letter.toLowerCase());

describe('a login with the message', () => {
  const LABELS = ['address', 'chainId', 'timestamp', 'nonce'] as const;
  const rows: [title: string, change: (lines: Lines) => Partial<Lines> | string, refusal: Refusal][] = [
    ...LABELS.flatMap((label): typeof rows => [
      [`without the ${label}`, (lines) => Object.values({ ...lines, [label]: '' }).join('\n'), FORMAT],
      [`with the ${label} twice`, (lines) => ({ [label]: `${lines[label]}\n${lines[label]}` }), FORMAT],
      [`with an empty ${label}`, (lines) => ({ [label]: lines[label].replace(/:.*/, ': ') }), FORMAT],
    ]),
    ['Hello', () => 'Hello', FORMAT],
    ['on one line', (lines) => Object.values(lines).join(' '), FORMAT],
    ...[
      'now',
      String(Date.now()),
      new Date().toUTCString(),
      '2026-13-01T00:00:00Z',
      '2026-02-30T00:00:00Z',
      '2026-02-28T24:00:00Z',
      '2026-01-17T03:00:24+25:00',
      '17.01.2026 03:00:24Z',
      '1768618824',
    ].map((time): (typeof rows)[number] => [
      `dated ${time}`,
      () => ({ timestamp: `Timestamp: ${time}` }),
      FORMAT,
    ]),
    ['dated 6 minutes ago', () => ({ timestamp: `Timestamp: ${minutesFromNow(-6)}` }), TIMESTAMP],
    ['dated 6 minutes ahead', () => ({ timestamp: `Timestamp: ${minutesFromNow(6)}` }), TIMESTAMP],
    ['of another wallet', () => ({ address: `Wallet address: ${newWallet().address}` }), ADDRESS],
    ['of a wrong checksum', () => ({ address: `Wallet address: ${WRONG_CHECKSUM}` }), ADDRESS],
    ['of no address', () => ({ address: 'Wallet address: me' }), ADDRESS],
    ['for another chain', () => ({ chainId: `ChainId: ${OTHER_CHAIN}` }), CHAIN_ID],
    ['for the chain in hex', () => ({ chainId: `ChainId: 0x${Number(CHAIN).toString(16)}` }), CHAIN_ID],
  ];
  test.each(rows)('%s fails', async (_, change, refusal) => {
    expectRefusal(await connect(await login(wallet, change(goodLines(wallet)))), refusal);
  });

  test.each<[title: string, change: (lines: Lines) => Partial<Lines> | string, details: RegExp]>([
    [
      'dated without an offset',
      () => ({ timestamp: `Timestamp: ${minutesFromNow(0).replace('Z', '')}` }),
      /^the line "Timestamp: …" has a time without an offset: write Z/,
    ],
    [
      'dated now',
      () => ({ timestamp: 'Timestamp: now' }),
      /^the line "Timestamp: …" must be a time in ISO 8601/,
    ],
    [
      'without a nonce',
      (lines) => ({ nonce: lines.chainId.replace('ChainId', 'Chain') }),
      /: "Nonce: …" is missing/,
    ],
    [
      'Hello',
      () => 'Hello',
      /"Wallet address: …", "ChainId: …", "Timestamp: …", "Nonce: …" are missing or empty$/,
    ],
    [
      'with two nonces',
      ({ nonce }) => ({ nonce: `${nonce}\n${nonce}` }),
      /^the line "Nonce: …" is there more than once$/,
    ],
    ['with a nonce of two words', () => ({ nonce: 'Nonce: a b' }), /^the line "Nonce: …" must have 1 to 128/],
  ])('%s fails, and the line and the rule are named', async (_, change, details) => {
    expectRefusal(await connect(await login(wallet, change(goodLines(wallet)))), FORMAT, details);
  });
});

describe('a login with', () => {
  test.each<
    [title: string, change: (good: Login) => Partial<Login> | Promise<Partial<Login>>, refusal: Refusal]
  >([
    ["another wallet's signature", ({ message }) => signedBy(newWallet(), message), SIGNATURE],
    ['a signature of another message', ({ message }) => signedBy(wallet, `${message}\n`), SIGNATURE],
    ['a message changed after signing', ({ message }) => ({ message: `${message}\nmore` }), SIGNATURE],
    ['a word for a signature', () => ({ signature: 'signature' }), SIGNATURE],
    ['a signature of no bytes', () => ({ signature: '0x' }), SIGNATURE],
    ['a signature without 0x', ({ signature }) => ({ signature: signature.slice(2) }), SIGNATURE],
    ['a signature cut off', ({ signature }) => ({ signature: signature.slice(0, -4) }), SIGNATURE],
    ['a signature of zeros', () => ({ signature: `0x${'00'.repeat(65)}` }), SIGNATURE],
    ['an address of a wrong checksum', () => ({ wallet_address: WRONG_CHECKSUM }), ADDRESS],
    ['a word for an address', () => ({ wallet_address: 'me' }), ADDRESS],
    ["another wallet's address", () => ({ wallet_address: newWallet().address }), ADDRESS],
    ['another chain_id', () => ({ chain_id: OTHER_CHAIN }), CHAIN_ID],
    [
      'another chain throughout',
      () => login(wallet, { chainId: `ChainId: ${OTHER_CHAIN}` }, OTHER_CHAIN),
      CHAIN_ID,
    ],
    ['a chain_id with a leading zero', () => ({ chain_id: `0${CHAIN}` }), CHAIN_ID],
  ])('%s fails', async (_, change, refusal) => {
    const good = await login(wallet);
    expectRefusal(await connect({ ...good, ...(await change(good)) }), refusal);
    await expectLogin(good);
  });

  test.each(
    ['wallet_address', 'chain_id', 'message', 'signature'].flatMap((field) =>
      [undefined, null, Number(CHAIN), [CHAIN]].map((value) => ({ field, value })),
    ),
  )('the $field $value is no login at all', async ({ field, value }) => {
    const answer = await connect({ ...(await login(wallet)), [field]: value });
    const rule = Array.isArray(value) ? RULES.noArray : '(is required and )?must be a string';
    expectRefusal(answer, INVALID, new RegExp(`^${field} ${rule}`));
  });
});

const signedBy = async (signer: PrivateKeyAccount, message: string) => ({
  signature: await signer.signMessage({ message }),
});

describe('a nonce', () => {
  let nonce: string;
  beforeEach(() => {
    nonce = `Nonce: ${randomUUID()}`;
  });

  test('works once, in whichever message', async () => {
    const first = await login(wallet, { nonce });
    await expectLogin(first);
    expectRefusal(await connect(first), NONCE);
    const second = await login(wallet, { nonce, timestamp: `Timestamp: ${minutesFromNow(1)}` });
    expectRefusal(await connect(second), NONCE);
  });

  test('works once however the address is written', async () => {
    await expectLogin(await login(wallet, { nonce }));
    const lowerCase = { address: `Wallet address: ${wallet.address.toLowerCase()}`, nonce };
    const again = { ...(await login(wallet, lowerCase)), wallet_address: wallet.address.toLowerCase() };
    expectRefusal(await connect(again), NONCE);
  });

  test('is not used up by attempts that fail', async () => {
    const good = await login(wallet, { nonce });
    const stale = await login(wallet, { nonce, timestamp: `Timestamp: ${minutesFromNow(-6)}` });
    expectRefusal(await connect({ ...good, ...(await signedBy(newWallet(), good.message)) }), SIGNATURE);
    expectRefusal(await connect({ ...good, chain_id: OTHER_CHAIN }), CHAIN_ID);
    expectRefusal(await connect(stale), TIMESTAMP);
    await expectLogin(good);
  });

  test('of one wallet works for another', async () => {
    await expectLogin(await login(wallet, { nonce }));
    await expectLogin(await login(newWallet(), { nonce }));
  });

  test('works once when it is used ten times at once', async () => {
    const json = await login(wallet, { nonce });
    const answers = await Promise.all(Array.from({ length: 10 }, () => connect(json)));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused).toHaveLength(9);
    for (const answer of refused) expectRefusal(answer, NONCE);
  });
});
