import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { hashOrder, type OrderTerms } from '#client';
import { concat, hashMessage, type Hex, pad, serializeErc6492Signature } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { ChainNode } from './support/chain-node.js';
import { loginOf, type MakerClient, type TakerClient } from './support/clients.js';
import { succeeded } from './support/handshake.js';
import { type Answer, call } from './support/http.js';
import { expectRefusal, INVALID, UNAVAILABLE } from './support/refused.js';
import { startService, type TestService } from './support/service.js';

/** Makers whose wallets are contracts (EIP-1271, EIP-6492), with the chain's node at the service's side, and without. */
const TOKEN = '0x55d398326f99059ff775485246999027b3197955';
const FACTORY = `0x${'fa'.repeat(20)}`;

const node = new ChainNode();
let service: TestService;
let taker: TakerClient;
let keyHeld: MakerClient;
beforeAll(async () => {
  await node.start();
  service = await startService({ CHAIN_RPC_URL: `http://${node.host}`, CHAIN_TOKENS: TOKEN });
  [taker, keyHeld] = [await service.newTaker(), await service.newMaker()];
});
afterAll(async () => {
  await service.stop();
  await node.stop();
});
afterEach(() => {
  node.fault = null;
});

/** A contract wallet, logged in. */
class Wallet {
  private token = '';
  private nonce = 0;

  private constructor(
    readonly address: string,
    private readonly owner: ReturnType<typeof privateKeyToAccount>,
    private readonly wrap: (signature: Hex) => Hex,
  ) {}

  static async open({ isDeployed = true } = {}): Promise<Wallet> {
    const owner = privateKeyToAccount(generatePrivateKey());
    const address = privateKeyToAccount(generatePrivateKey()).address.toLowerCase();
    const factory = isDeployed ? undefined : FACTORY;
    node.wallets[address] = { owner: owner.address.toLowerCase(), factory };
    const wallet = new Wallet(address, owner, (signature) =>
      isDeployed
        ? signature
        : serializeErc6492Signature({ address: FACTORY as Hex, data: '0x01', signature }),
    );
    wallet.token = succeeded(await wallet.logIn(), 200).body.data.jwt;
    return wallet;
  }

  async logIn(signer: Wallet = this): Promise<Answer> {
    const chainId = service.settings.EIP712_CHAIN_ID;
    const login = await loginOf(this.owner, chainId, { address: this.address });
    const signature = await signer.signature(hashMessage(login.message));
    const json = { ...login, wallet_address: this.address, signature };
    return call('POST', `${service.url}/api/v1/makers/connect`, { json });
  }

  /** The owner's, with what a wallet of some kind may add. */
  async signature(hash: Hex, more: Hex = '0xabcd'): Promise<Hex> {
    return this.wrap(concat([await this.owner.sign({ hash }), more]));
  }

  terms(): OrderTerms {
    return keyHeld.terms({ maker: this.address, principal: this.address, asset: TOKEN, nonce: this.nonce++ });
  }

  place(order: OrderTerms, signature: string): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.token}` };
    return call('POST', `${service.url}/api/v1/orders`, { headers, json: { order, signature } });
  }
}

const hashOf = (order: OrderTerms): Hex => {
  const { EIP712_CHAIN_ID: chainId, EIP712_VERIFYING_CONTRACT: verifyingContract } = service.settings;
  return hashOrder({ chainId, verifyingContract }, order) as Hex;
};
const goAway = () => {
  node.fault = (response) => response.destroy();
};

describe.each([
  ['that is deployed', true],
  ['that is not deployed yet', false],
])('a contract wallet %s', (_, isDeployed) => {
  test('logs in and places orders; they are traded without the chain', async () => {
    const wallet = await Wallet.open({ isDeployed });
    const order = wallet.terms();
    const signature = await wallet.signature(hashOf(order));
    const validation = succeeded(await taker.validate({ ...order, signature }), 200).body.data;
    expect(validation).toMatchObject({ signature_valid: true, order_hash: hashOf(order) });
    const { data } = succeeded(await wallet.place(order, signature), 201).body;
    expect(data).toMatchObject({ maker: wallet.address, order_hash: hashOf(order), signature });

    const wrong = { ...order, signature: await (await other()).signature(hashOf(order)) };
    goAway();
    succeeded(await taker.lock(data.order_hash), 200);
    expectRefusal(await taker.fill(wrong), INVALID, /^signature must be order\.maker's EIP-712 signature/);
    succeeded(await taker.fill({ ...order, signature }), 200);
  });

  test('is refused with what it does not take', async () => {
    const wallet = await Wallet.open({ isDeployed });
    const order = wallet.terms();
    const signature = await (await other()).signature(hashOf(order));
    const details = new RegExp(
      `no contract wallet at ${wallet.address} takes it for its own; .* ${hashOf(order)}`,
    );
    expectRefusal(await wallet.place(order, signature), INVALID, details);
    expect(succeeded(await taker.validate({ ...order, signature }), 200).body.data).toMatchObject({
      signature_valid: false,
      errors: expect.arrayContaining([expect.stringMatching(details)]),
    });
    expect(await wallet.logIn(await other())).toMatchObject({
      status: 400,
      body: { code: 400, message: 'Invalid signature' },
    });
  });
});

const other = () => Wallet.open();

test('signatures have up to 4 KiB', async () => {
  const wallet = await Wallet.open();
  const order = wallet.terms();
  const padded = (bytes: number) => wallet.signature(hashOf(order), pad('0x', { size: bytes - 65 }));
  expectRefusal(
    await wallet.place(order, await padded(4097)),
    INVALID,
    /^signature must be .* at most 4,096 bytes$/,
  );
  const signature = await padded(4096);
  expect(succeeded(await wallet.place(order, signature), 201).body.data.signature).toBe(signature);
});

test('while the node is away, contract wallets are asked to try again, and those that are keys do not notice', async () => {
  const wallet = await Wallet.open();
  const order = wallet.terms();
  const signature = await wallet.signature(hashOf(order));
  goAway();
  const details = /is not known: the node cannot be reached; nothing was done, try again$/;
  expectRefusal(await wallet.place(order, signature), UNAVAILABLE, details);
  expectRefusal(await wallet.logIn(), UNAVAILABLE, details);
  expect(succeeded(await taker.validate({ ...order, signature }), 200).body.data).toMatchObject({
    valid: false,
    signature_valid: false,
    errors: expect.arrayContaining([
      expect.stringMatching(/cannot be checked \(.*the node cannot be reached\)/),
    ]),
  });
  await keyHeld.place();
  node.fault = null;
  succeeded(await wallet.place(order, signature), 201);
});
