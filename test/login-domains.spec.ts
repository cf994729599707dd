import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { createSiweMessage, generateSiweNonce } from 'viem/siwe';
import { loginOf } from './support/clients.js';
import { type Answer, call } from './support/http.js';
import { expectRefusal, type Refusal } from './support/refused.js';
import { startService, type TestService } from './support/service.js';

/** Logins with EIP-4361 messages ("Sign-In with Ethereum"), and for which sites a message counts. */
const CHAIN = 97;
const FORMAT: Refusal = { status: 400, code: 400, message: 'Invalid message format' };
const TIMESTAMP: Refusal = { status: 400, code: 400, message: 'Timestamp expired' };
const CHAIN_ID: Refusal = { status: 400, code: 400, message: 'Chain ID mismatch' };
const ADDRESS: Refusal = { status: 400, code: 400, message: 'Invalid wallet address' };

let service: TestService;
const wallet = privateKeyToAccount(generatePrivateKey());

type Siwe = Parameters<typeof createSiweMessage>[0];
const siwe = (changes: Partial<Siwe> = {}): string =>
  createSiweMessage({
    address: wallet.address,
    chainId: CHAIN,
    domain: 'app.desk.example',
    nonce: generateSiweNonce(),
    uri: 'https://app.desk.example/login',
    version: '1',
    ...changes,
  });

async function connect(message: string): Promise<Answer> {
  const signature = await wallet.signMessage({ message });
  const json = { wallet_address: wallet.address, chain_id: String(CHAIN), message, signature };
  return call('POST', `${service.url}/api/v1/makers/connect`, { json });
}
const expectToken = (answer: Answer) =>
  expect(answer).toMatchObject({ status: 200, body: { data: { jwt: expect.any(String) } } });
const minutesFromNow = (minutes: number) => new Date(Date.now() + minutes * 60_000);

/** A message of the four lines and one more. */
async function withLine(line: string): Promise<string> {
  const { message } = await loginOf(wallet, CHAIN);
  return `${message}\n${line}`;
}

describe('without LOGIN_DOMAINS', () => {
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  test.each<[title: string, message: () => string]>([
    ['as viem writes it', () => siwe()],
    [
      'with a scheme, a statement and resources',
      () =>
        siwe({ scheme: 'https', statement: 'Log in.', requestId: '7', resources: ['https://x.example/'] }),
    ],
    [
      'with an end and a beginning',
      () => siwe({ notBefore: minutesFromNow(-1), expirationTime: minutesFromNow(1) }),
    ],
    ['ended by CR LF', () => siwe().replaceAll('\n', '\r\n')],
    ['issued without milliseconds', () => siwe().replace(/\.\d+Z/, '+00:00')],
  ])('an EIP-4361 message %s logs in', async (_, message) => expectToken(await connect(message())));

  test.each<[title: string, message: () => string, refusal: Refusal, details: RegExp]>([
    ['without a URI', () => siwe().replace(/^URI: .*\n/m, ''), FORMAT, /: "URI: …" is missing or empty$/],
    ['without its time', () => siwe().replace(/\nIssued At: .*/, ''), FORMAT, /: "Issued At: …" is missing/],
    [
      'without an offset',
      () => siwe().replace(/(Issued At: .*)Z/, '$1'),
      FORMAT,
      /^the line "Issued At: …" has a time without an offset/,
    ],
    [
      'without an address',
      () => siwe().replace(/\n0x.*\n/, '\n\n'),
      FORMAT,
      /^the second line of an EIP-4361 message/,
    ],
    [
      'of another wallet',
      () => siwe({ address: privateKeyToAccount(generatePrivateKey()).address }),
      ADDRESS,
      /same wallet/,
    ],
    ['of another chain', () => siwe({ chainId: 1 }), CHAIN_ID, /must both be 97$/],
    ['of 6 minutes ago', () => siwe({ issuedAt: minutesFromNow(-6) }), TIMESTAMP, /within 5 minutes of now/],
    [
      'that has expired',
      () => siwe({ expirationTime: minutesFromNow(-1) }),
      TIMESTAMP,
      /"Expiration Time: …"$/,
    ],
    ['that counts later', () => siwe({ notBefore: minutesFromNow(1) }), TIMESTAMP, /"Not Before: …"/],
  ])('an EIP-4361 message %s is refused', async (_, message, refusal, details) => {
    expectRefusal(await connect(message()), refusal, details);
  });

  test('its nonce works once', async () => {
    const message = siwe();
    expectToken(await connect(message));
    expectRefusal(await connect(message), { ...FORMAT, message: 'Nonce already used' });
  });

  test('a message for any site logs in', async () => {
    expectToken(await connect(siwe({ domain: 'elsewhere.example' })));
    expectToken(await connect(await withLine('Welcome to https://elsewhere.example')));
  });
});

describe('with LOGIN_DOMAINS', () => {
  beforeAll(async () => {
    service = await startService({ LOGIN_DOMAINS: 'App.Desk.example, localhost:5173,desk.example:443' });
  });
  afterAll(() => service.stop());

  test.each([
    'app.desk.example',
    'APP.desk.example',
    'localhost:5173',
    'desk.example',
    'app.desk.example:443',
  ])('an EIP-4361 message for %s logs in', async (domain) =>
    expectToken(await connect(siwe().replace(/^\S+/, domain))),
  );

  test.each([
    'evil.example',
    'desk.example.evil.example',
    'app.desk.example@evil.example',
    'xapp.desk.example',
    'localhost:5174',
    'app.desk.example:8443',
  ])('an EIP-4361 message for %s is refused', async (domain) => {
    const answer = await connect(siwe().replace(/^\S+/, domain));
    expectRefusal(answer, FORMAT, /^the message is for \S+, and must be for app\.desk\.example or /);
  });

  test.each([
    '',
    'Welcome to the desk. Sign in, please.',
    'Welcome to app.desk.example!',
    'See https://app.desk.example/terms.html.',
    'You use Lockstep v1.2 (i.e. 1.2.3), at 03:00:24.',
    'http://localhost:5173',
  ])('another message with %j logs in', async (line) => expectToken(await connect(await withLine(line))));

  test.each([
    'Welcome to evil.example!',
    'evil.example wants you to sign in with your Ethereum account:',
    'URI: https://evil.example/login',
    'URI: https://app.desk.example@evil.example/',
    'https://127.0.0.1:8443',
    'Terms: https://app.desk.example/terms (or http://evil.example)',
    'ЕVIL.example',
  ])('another message with %j is refused', async (line) => {
    expectRefusal(
      await connect(await withLine(line)),
      FORMAT,
      /^the message is for .+, and must be for app\./,
    );
  });

  test('a long message of dots and letters is read at once', async () => {
    const began = performance.now();
    for (const unit of ['a', '.', 'a.', '://', '!.']) {
      await connect(await withLine(unit.repeat(Math.floor(3_600 / unit.length))));
    }
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
