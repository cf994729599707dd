import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { orderTypedData, type OrderTerms } from '#client';
import {
  checksumAddress,
  type Hex,
  parseSignature,
  serializeCompactSignature,
  serializeSignature,
  signatureToCompactSignature,
} from 'viem';
import type { MakerClient, TakerClient } from './support/clients.js';
import { succeeded } from './support/handshake.js';
import { type Answer, type CallOptions } from './support/http.js';
import * as refused from './support/refused.js';
import { expectRefusedUnchanged, INVALID, type Refusal, RULES, wrongValues } from './support/refused.js';
import { startService, type TestService } from './support/service.js';

/** What a maker may sign and send as an order, and what is refused of it, by placing and by validating. */
const UINT256_MAX = (2n ** 256n - 1n).toString();
const SECP256K1_N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const hexBytes = (count: number) => `0x${'5c'.repeat(count)}`;
const ADDRESS = '0x71c7656ec7ab88b098defb751b7401b5f6d8976f';
const WRONG_CHECKSUM = '0x71c7656EC7ab88b098defB751B7401B5f6d8976f';
const NOT_ADDRESS = [undefined, null, 7, '', ADDRESS.slice(0, -1), ADDRESS.slice(2), WRONG_CHECKSUM];
const NOT_DECIMAL = [undefined, null, 100, '', '-1', '1.5', '0100', '1e18', '0x10', '+1', ' 1', '1 '];
const NOT_UINT256 = [...NOT_DECIMAL, (2n ** 256n).toString(), '9'.repeat(78), '1'.repeat(5000)];
const NOT_INTEGER = [undefined, null, '0', 1.5, -1, true, 2 ** 53];
const whole = (min: number, max: number) => `must be a whole number from ${min} to ${max}`;

let service: TestService;
let maker: MakerClient;
let other: MakerClient;
let taker: TakerClient;

beforeAll(async () => {
  service = await startService();
  [maker, other, taker] = [await service.newMaker(), await service.newMaker(), await service.newTaker()];
});
afterAll(() => service.stop());

const expectRefused = (refusal: Refusal, details: string | RegExp, act: () => Promise<Answer>) =>
  expectRefusedUnchanged(service.dataSource, act, refusal, details);

interface Placement {
  order: OrderTerms;
  signature: string;
}

async function placement(overrides: Partial<OrderTerms> = {}): Promise<Placement> {
  const order = maker.terms(overrides);
  const signed = { ...order, asset: order.asset.toLowerCase(), principal: order.principal.toLowerCase() };
  return { order, signature: await maker.sign(signed) };
}

const place = (options: CallOptions) => maker.call('POST', '/orders', options);
const validate = (options: CallOptions) => taker.call('POST', '/orders/validate', options);
const hoursAhead = (hours: number) => Math.floor(Date.now() / 1000) + hours * 3600;

function signFor(chainId: number, verifyingContract: string, order: OrderTerms): Promise<string> {
  return maker.wallet.signTypedData(orderTypedData({ chainId, verifyingContract }, order));
}

/** The other signature that recovers to the same wallet. */
function malleated(signature: string): string {
  const { r, s, yParity } = parseSignature(signature as Hex);
  const highS = (SECP256K1_N - BigInt(s)).toString(16).padStart(64, '0');
  return serializeSignature({ r, s: `0x${highS}`, yParity: 1 - yParity });
}

describe.each([
  { call: 'placing', send: place },
  { call: 'validating', send: validate },
])('$call an order is refused, and changes nothing, for', ({ send }) => {
  test.each([
    ...wrongValues('maker', RULES.address, NOT_ADDRESS, 'order.'),
    ...wrongValues('principal', RULES.address, NOT_ADDRESS, 'order.'),
    ...wrongValues('asset', RULES.address, NOT_ADDRESS, 'order.'),
    ...wrongValues('is_buy', RULES.boolean, [undefined, null, 'true', 1, []], 'order.'),
    ...wrongValues(
      'ticker',
      RULES.ticker,
      [undefined, null, 7, ['AAPL'], '', 'A ', ' A', ' ', 'A\tB', 'É', '\u0000', 'A'.repeat(33)],
      'order.',
    ),
    ...wrongValues('exchange', whole(0, 65_535), [...NOT_INTEGER, 65_536], 'order.'),
    ...wrongValues('price', RULES.positiveAmount, NOT_UINT256, 'order.'),
    ...wrongValues('quantity', RULES.positiveAmount, [...NOT_UINT256, '0'], 'order.'),
    ...wrongValues('incentive', RULES.amount, NOT_UINT256, 'order.'),
    ...wrongValues('deadline', whole(1, 253_402_300_799), [...NOT_INTEGER, Date.UTC(2100, 0)], 'order.'),
    ...wrongValues('nonce', whole(0, 2 ** 53 - 2), NOT_INTEGER, 'order.'),
    ...wrongValues('isBuy', RULES.unknown, [true], 'order.'),
    ...wrongValues('toString', RULES.unknown, [1], 'order.'),
  ])('$title', async ({ field, value, details }) => {
    const { order, signature } = await placement();
    const json = { order: { ...order, [field]: value }, signature };
    await expectRefused(INVALID, details, () => send({ json }));
  });

  test.each([
    ...wrongValues('order', RULES.object, [undefined, null, '{}', 7, true, [], [{}]]),
    ...wrongValues('signature', RULES.signature, [undefined, null, 7, '', '0x5', 'x', hexBytes(4097)]),
    ...wrongValues('force', RULES.unknown, [true, [], [[1]]]),
  ])('$title', async ({ field, value, details }) => {
    const json = { ...(await placement()), [field]: value };
    await expectRefused(INVALID, details, () => send({ json }));
  });

  test.each([
    ['price times quantity', { price: String(2n ** 255n), quantity: '2', incentive: '0' }],
    ['the incentive on top', { price: UINT256_MAX, quantity: '1', incentive: '1' }],
  ])('%s beyond uint256', async (_, terms) => {
    const json = await placement(terms);
    const details = 'order.quantity times the price, plus the incentive, must not be above 2^256-1';
    await expectRefused(INVALID, details, () => send({ json }));
  });

  test('order in an array', async () => {
    const { order, signature } = await placement();
    const json = { order: [order], signature };
    await expectRefused(INVALID, `order ${RULES.noArray}`, () => send({ json }));
  });

  test('a field given twice', async () => {
    const raw = JSON.stringify(await placement()).replace('"price"', '"price":"1","price"');
    await expectRefused(refused.MALFORMED, 'order.price is given twice', () => send({ raw }));
  });
});

/** The same signature in EIP-2098's 64 bytes. */
const compact = (signature: string) =>
  serializeCompactSignature(signatureToCompactSignature(parseSignature(signature as Hex)));
/** The same signature with another last byte. */
const ending = (signature: string, v: string) => `${signature.slice(0, -2)}${v}`;
const parity = (signature: string) => (signature.endsWith('1b') ? '00' : '01');

describe('an order is not placed, for', () => {
  test.each<[title: string, forge: (good: Placement) => string | Promise<string>, fault: () => string]>([
    ['of another wallet', ({ order }) => other.sign(order), () => `recovers to ${other.address}`],
    ['of other terms', ({ order }) => maker.sign({ ...order, quantity: '101' }), () => 'recovers to 0x'],
    [
      'for another chain',
      ({ order }) => signFor(1, service.settings.EIP712_VERIFYING_CONTRACT, order),
      () => 'recovers to 0x',
    ],
    [
      'for another contract',
      ({ order }) => signFor(service.settings.EIP712_CHAIN_ID, ADDRESS, order),
      () => 'recovers to 0x',
    ],
    ['with the high s', ({ signature }) => malleated(signature), () => 'has a high s,'],
    [
      'of 64 bytes, of another wallet',
      async ({ order }) => compact(await other.sign(order)),
      () => `recovers to ${other.address}`,
    ],
    [
      'with a recovery id that there is not',
      ({ signature }) => ending(signature, '1d'),
      () => 'ends with 0x1d, and must end with 0x1b or 0x1c',
    ],
    ['of zeros', () => `0x${'00'.repeat(65)}`, () => 'recovers to no address'],
    [
      'of a contract wallet',
      ({ signature }) => `${signature}00`,
      () => 'has 66 bytes, .* without a chain only key-held wallets are known here',
    ],
    ['of ones', () => `0x${'ff'.repeat(64)}1b`, () => 'has a high s,'],
  ])('a signature %s', async (_, forge, fault) => {
    const good = await placement();
    const json = { ...good, signature: await forge(good) };
    const { EIP712_CHAIN_ID: chain, EIP712_VERIFYING_CONTRACT: contract } = service.settings;
    const details = new RegExp(
      `^signature must be order.maker's EIP-712 signature of the order: this one ${fault()}.*; the order's hash is ` +
        `${maker.hash(good.order)}, in the domain .*"RFQSettlement".*"1".*${chain}.*${contract}`,
    );
    await expectRefused(INVALID, details, () => place({ json }));
    const { body } = await validate({ json });
    expect(body.data).toMatchObject({ valid: false, signature_valid: false });
    expect(body.data.errors).toContainEqual(expect.stringMatching(details));
  });

  test("a maker that is not the token's wallet", async () => {
    const order = maker.terms({ maker: other.address });
    const json = { order, signature: await other.sign(order) };
    await expectRefused(INVALID, /^order\.maker must be the wallet/, () => place({ json }));
  });

  test('a deadline that is too early', async () => {
    const json = await placement({ deadline: hoursAhead(720) - 330 });
    await expectRefused(
      INVALID,
      /^order\.deadline must lie at least 720 hours ahead, with 300 seconds of tolerance: \d+/,
      () => place({ json }),
    );
  });
});

test.each<[title: string, terms: () => Partial<OrderTerms>]>([
  ['the largest price', () => ({ price: UINT256_MAX, quantity: '1', incentive: '0' })],
  ['the largest quantity', () => ({ price: '1', quantity: UINT256_MAX, incentive: '0' })],
  ['the largest incentive', () => ({ price: '1', quantity: '1', incentive: String(2n ** 256n - 2n) })],
  ['the smallest amounts', () => ({ price: '1', quantity: '1', incentive: '0' })],
  ['the last exchange', () => ({ exchange: 65_535 })],
  ['the deadline that makers compute', () => ({ deadline: hoursAhead(720) })],
  ['the earliest deadline', () => ({ deadline: hoursAhead(720) - 270 })],
  ['a long ticker', () => ({ ticker: 'A'.repeat(32) })],
  ['the ticker M&M', () => ({ ticker: 'M&M' })],
  ['the ticker ^GSPC', () => ({ ticker: '^GSPC' })],
  ['the ticker EURUSD=X', () => ({ ticker: 'EURUSD=X' })],
  ['the ticker BRK B', () => ({ ticker: 'BRK B' })],
  ['a ticker of one quote', () => ({ ticker: "'" })],
  ['a checksummed asset', () => ({ asset: checksumAddress(ADDRESS) })],
  ['an upper-case principal', () => ({ principal: `0x${ADDRESS.slice(2).toUpperCase()}` })],
])('an order at the limits is created as it was signed: %s', async (_, terms) => {
  const json = await placement(terms());
  const { status, body } = await place({ json });
  const { asset, principal, ...rest } = json.order;
  const order = { ...rest, asset: asset.toLowerCase(), principal: principal.toLowerCase() };
  expect({ status, body }).toMatchObject({ status: 201, body: { code: 0, data: order } });
});

test.each<[title: string, spell: (signature: string) => string]>([
  ['with v 27 or 28', (signature) => signature],
  ['with v 0 or 1', (signature) => ending(signature, parity(signature))],
  ['of 64 bytes (EIP-2098)', compact],
  ['in upper case', (signature) => `0x${signature.slice(2).toUpperCase()}`],
])('a signature %s is answered in its one form, and fills the order in any', async (_, spell) => {
  // so that both parities come by
  for (let n = 0; n < 6; n++) {
    const { order, signature } = await placement();
    const given = spell(signature);
    expect((await validate({ json: { order, signature: given } })).body.data.valid).toBe(true);
    const { body } = succeeded(await place({ json: { order, signature: given } }), 201);
    expect(body.data.signature).toBe(signature);
    succeeded(await taker.lock(body.data.order_hash), 200);
    succeeded(await taker.fill({ ...order, signature: given }), 200);
  }
});
