import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MakerClient, PlacedOrder, TakerClient } from './support/clients.js';
import { makeDue } from './support/database.js';
import { lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { stateOf } from './support/refused.js';
import { startService, type TestService } from './support/service.js';

/** What validate says of an order, without a chain. */
let service: TestService;
let maker: MakerClient;
let taker: TakerClient;
beforeAll(async () => {
  service = await startService();
  [maker, taker] = [await service.newMaker(), await service.newTaker()];
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

/** A signed order that is not placed. */
async function signed(overrides: Parameters<MakerClient['terms']>[0] = {}): Promise<PlacedOrder> {
  const terms = maker.terms(overrides);
  return { ...terms, signature: await maker.sign(terms) };
}

/** Validates, and expects that nothing changes. */
// oxlint-disable-next-line typescript/no-explicit-any -- tests compare answers literally
async function validated(order: PlacedOrder, by = taker): Promise<any> {
  const before = await stateOf(service.dataSource);
  const { body } = succeeded(await by.validate(order), 200);
  expect(await stateOf(service.dataSource)).toEqual(before);
  return body;
}

const valid = (order: PlacedOrder) => ({
  valid: true,
  order_hash: maker.hash(order),
  errors: [],
  maker_balance: null,
  maker_allowance: null,
  nonce_valid: true,
  signature_valid: true,
  not_expired: true,
});

const secondsAhead = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

describe('valid is', () => {
  test('an order that nobody has placed', async () => {
    const order = await signed();
    expect(await validated(order)).toEqual({ code: 0, data: valid(order) });
  });

  test('one in other spellings of its addresses and signature', async () => {
    const order = await signed();
    const spelt = {
      ...order,
      maker: maker.wallet.address,
      signature: `0x${order.signature.slice(2).toUpperCase()}`,
    };
    expect((await validated(spelt)).data).toEqual(valid(order));
  });

  test('one whose deadline is too near to be placed', async () => {
    const order = await signed({ deadline: secondsAhead(3600) });
    expect((await validated(order)).data).toEqual(valid(order));
  });

  test('a placed order: the nonce is its own', async () => {
    const { placed } = await maker.place();
    expect((await validated(placed)).data).toEqual(valid(placed));
  });

  test('a locked order, to the holder and to others', async () => {
    const { placed, taker: holder } = await lockedOrder(service, { maker });
    for (const by of [holder, taker]) expect((await validated(placed, by)).data).toEqual(valid(placed));
  });
});

describe('not valid is', () => {
  test("an order with another order's nonce", async () => {
    const { placed } = await maker.place();
    const order = await signed({ nonce: placed.nonce, quantity: '7' });
    expect((await validated(order)).data).toEqual({
      ...valid(order),
      valid: false,
      nonce_valid: false,
      errors: [`nonce ${placed.nonce} was used for another order of this maker`],
    });
  });

  test("but another maker's nonce is no matter", async () => {
    const { placed } = await (await service.newMaker()).place({ nonce: 4_000_000 });
    const order = await signed({ nonce: placed.nonce });
    expect((await validated(order)).data).toEqual(valid(order));
  });

  test('one that its maker has not signed', async () => {
    const order = { ...(await signed()), quantity: '101' };
    expect((await validated(order)).data).toEqual({
      ...valid(order),
      valid: false,
      signature_valid: false,
      errors: [
        expect.stringMatching(
          new RegExp(
            `^signature must be order.maker's EIP-712 signature of the order: this one recovers to 0x[0-9a-f]{40}, and ` +
              `without a chain only key-held wallets are known here; ` +
              `the order's hash is ${maker.hash(order)}, in the domain {`,
          ),
        ),
      ],
    });
  });

  test.each([1, 3600])('one whose deadline passed %i s ago', async (ago) => {
    const order = await signed({ deadline: secondsAhead(-ago) });
    expect((await validated(order)).data).toEqual({
      ...valid(order),
      valid: false,
      not_expired: false,
      errors: [`the order's deadline ${order.deadline} (Unix seconds) has passed`],
    });
  });

  test.each<[status: string, end: (order: Awaited<ReturnType<typeof lockedOrder>>) => Promise<unknown>]>([
    ['cancelled', async ({ hash, id }) => [await taker.unlock(hash), await maker.cancel(id)]],
    [
      'expired',
      async ({ hash }) => [await makeDue(service.dataSource, hash, 'deadline'), await taker.unlock(hash)],
    ],
    ['filled', ({ placed }) => taker.fill(placed)],
    ['partially_filled', ({ placed }) => taker.fill(placed, { fill_quantity: '1' })],
    ['rejected', ({ hash }) => taker.reject(hash)],
  ])('an order that is %s', async (status, end) => {
    const order = await lockedOrder(service, { maker, taker });
    await end(order);
    expect((await validated(order.placed)).data).toEqual({
      ...valid(order.placed),
      valid: false,
      errors: [`the order is ${status}`],
    });
  });

  test('one that is suspended', async () => {
    const { placed, id } = await maker.place();
    const set = (status: string) =>
      service.dataSource.query('UPDATE orders SET status = $2 WHERE id = $1', [id, status]);
    await set('suspended');
    expect((await validated(placed)).data).toMatchObject({
      valid: false,
      errors: ['the order is suspended'],
    });
    await set('pending');
  });

  test('one that has everything wrong, with an error for each', async () => {
    const { placed } = await maker.place();
    const order = { ...placed, deadline: secondsAhead(-60) };
    expect((await validated(order)).data).toEqual({
      ...valid(order),
      valid: false,
      nonce_valid: false,
      signature_valid: false,
      not_expired: false,
      errors: [
        expect.stringMatching(/^signature must be/),
        expect.stringMatching(/^nonce \d+ was used/),
        expect.stringMatching(/^the order's deadline \d+ \(Unix seconds\) has passed$/),
      ],
    });
  });
});

test("validating does not use an order's nonce up", async () => {
  const { signature, ...order } = await signed();
  await validated({ ...order, signature });
  succeeded(await maker.call('POST', '/orders', { json: { order, signature } }), 201);
});
