import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { checksumAddress } from 'viem';
import { ChainNode, respond } from './support/chain-node.js';
import type { MakerClient, TakerClient } from './support/clients.js';
import { succeeded } from './support/handshake.js';
import { startService, type TestService } from './support/service.js';

/** What validate says of a maker's funds, with the chain's node at its side, working and not. */
const TOKEN = '0x55d398326f99059ff775485246999027b3197955';
const OTHER_TOKEN = `0x${'17'.repeat(20)}`;
/** Known to the service, but not on the chain. */
const NO_TOKEN = `0x${'99'.repeat(20)}`;
const MAX = 2n ** 256n - 1n;
/** 100 × 182.5 + 0.5, with 18 decimals. */
const DUE = 18_250_500_000_000_000_000_000n;

const node = new ChainNode();
let service: TestService;
let maker: MakerClient;
let taker: TakerClient;
beforeAll(async () => {
  await node.start();
  service = await startService({
    CHAIN_RPC_URL: `http://user:password@${node.host}/v3/secret-key`,
    CHAIN_TOKENS: [checksumAddress(TOKEN), OTHER_TOKEN, NO_TOKEN].join(','),
  });
  [maker, taker] = [await service.newMaker(), await service.newTaker()];
});
afterAll(async () => {
  await service.stop();
  await node.stop();
});

beforeEach(() => holds(DUE, DUE));
afterEach(() => {
  node.chainId = 97;
  node.fault = null;
});

/** The chain's books: what the maker holds, and what the settlement contract may take of it. */
function holds(balance: bigint, allowance: bigint, decimals = 18): void {
  const contract = service.settings.EIP712_VERIFYING_CONTRACT.toLowerCase();
  node.tokens = {
    [TOKEN]: {
      decimals,
      balances: { [maker.address]: balance },
      allowances: { [maker.address]: { [contract]: allowance } },
    },
    [OTHER_TOKEN]: { decimals: 18, balances: {}, allowances: {} },
  };
}

// oxlint-disable-next-line typescript/no-explicit-any -- tests compare answers literally
async function validated(overrides: Parameters<MakerClient['terms']>[0] = {}): Promise<any> {
  const terms = maker.terms({ asset: TOKEN, ...overrides });
  const answer = await taker.validate({ ...terms, signature: await maker.sign(terms) });
  return succeeded(answer, 200).body.data;
}

const below = (name: string, has: bigint) => `${name} ${has} is below price × quantity + incentive, ${DUE}`;

describe("a buyer's funds", () => {
  test.each([
    ['exactly what is due', DUE, DUE],
    ['as much as there can be', MAX, MAX],
  ])('that are %s make a valid order', async (_, balance, allowance) => {
    holds(balance, allowance);
    expect(await validated()).toMatchObject({
      valid: true,
      errors: [],
      maker_balance: String(balance),
      maker_allowance: String(allowance),
    });
  });

  test.each([
    ['too small a balance', DUE - 1n, DUE, [below('maker_balance', DUE - 1n)]],
    ['too small an allowance', DUE, DUE - 1n, [below('maker_allowance', DUE - 1n)]],
    ['nothing', 0n, 0n, [below('maker_balance', 0n), below('maker_allowance', 0n)]],
  ])('with %s are an error for each', async (_, balance, allowance, errors) => {
    holds(balance, allowance);
    expect(await validated()).toMatchObject({
      valid: false,
      errors,
      maker_balance: String(balance),
      maker_allowance: String(allowance),
      nonce_valid: true,
      signature_valid: true,
      not_expired: true,
    });
  });

  test('are those in the asset of the order', async () => {
    expect(await validated({ asset: OTHER_TOKEN })).toMatchObject({ valid: false, maker_balance: '0' });
  });

  test('are due in full, also where that is the largest uint256', async () => {
    holds(MAX - 1n, MAX - 1n);
    expect(await validated({ price: String(MAX), quantity: '1', incentive: '0' })).toMatchObject({
      valid: false,
      errors: [expect.stringMatching(/^maker_balance/), expect.stringMatching(/^maker_allowance/)],
    });
  });
});

test('a seller needs none', async () => {
  holds(3n, 0n);
  expect(await validated({ is_buy: false })).toMatchObject({
    valid: true,
    maker_balance: '3',
    maker_allowance: '0',
  });
});

describe('the funds are unknown, and the order not valid,', () => {
  const body =
    (text: string, status = 200) =>
    (response: ServerResponse) =>
      response.writeHead(status, { 'content-type': 'text/html' }).end(text);
  const expectUnknown = async (reason: string, overrides = {}) => {
    const answer = await validated(overrides);
    expect(answer).toMatchObject({
      valid: false,
      errors: [`maker_balance and maker_allowance are unknown: ${reason}`],
      maker_balance: null,
      maker_allowance: null,
      nonce_valid: true,
      signature_valid: true,
      not_expired: true,
    });
    expect(JSON.stringify(answer)).not.toMatch(/secret-key|password|127\.0\.0\.1/);
  };

  test('when the asset is none of CHAIN_TOKENS', async () => {
    const asset = `0x${'ab'.repeat(20)}`;
    await expectUnknown(`order.asset ${asset} is not a token that this service knows`, { asset });
  });

  test('when there is no token at the asset', () =>
    expectUnknown('order.asset does not answer as an ERC-20 token does', { asset: NO_TOKEN }));

  test("when the asset's decimals are not 18", async () => {
    holds(DUE, DUE, 6);
    await expectUnknown("order.asset has 6 decimals, an order's amounts have 18");
  });

  test('when the node is of another chain', async () => {
    node.chainId = 1;
    await expectUnknown('the node is of chain 1, orders are of chain 97');
  });

  test('while the node is away, and known again when it is back', async () => {
    await node.stop();
    await expectUnknown('the node cannot be reached');
    await node.start();
    expect(await validated()).toMatchObject({ valid: true, maker_balance: String(DUE) });
  });

  test.each<[title: string, fault: ChainNode['fault'], reason: string]>([
    ['hangs up', (response) => response.destroy(), 'the node cannot be reached'],
    ['never answers', () => undefined, 'the node did not answer within 2000 ms'],
    [
      'stalls in its answer',
      (response) => response.writeHead(200).write('{"jsonrpc"'),
      'the node did not answer within 2000 ms',
    ],
    ['answers 503', body('overloaded', 503), 'the node answered HTTP 503'],
    ['answers 401', body('who is secret-key?', 401), 'the node answered HTTP 401'],
    [
      'answers with an error',
      (response, { id }) =>
        respond(response, { jsonrpc: '2.0', id, error: { code: -32005, message: 'secret-key: limit' } }),
      'the node answered JSON-RPC error -32005',
    ],
    [
      'answers with an error and 429',
      (response, { id }) =>
        respond(response, { jsonrpc: '2.0', id, error: { code: -32005, message: 'limit' } }, 429),
      'the node answered JSON-RPC error -32005',
    ],
    ['answers with a page', body('<html>secret-key</html>'), "the node's answer makes no sense"],
    ['answers with nothing', body(''), "the node's answer makes no sense"],
    ...[null, [], 'x', {}, 7].map((data): [string, ChainNode['fault'], string] => [
      `answers with ${JSON.stringify(data)}`,
      (response) => respond(response, data),
      "the node's answer makes no sense",
    ]),
  ])('when the node %s', async (_, fault, reason) => {
    node.fault = fault;
    await expectUnknown(reason);
  });

  test.each(['x', '0x', '0xzz', {}, null])('when the chain id is %j', async (result) => {
    node.fault = (response, { id }) => respond(response, { jsonrpc: '2.0', id, result });
    await expectUnknown("the node's answer makes no sense");
  });

  /** The node knows its chain, and answers this to each read of the token. */
  const tokenAnswers =
    (answer: object): ChainNode['fault'] =>
    (response, { id, method }) =>
      respond(response, { jsonrpc: '2.0', id, ...(method === 'eth_chainId' ? { result: '0x61' } : answer) });

  test.each(['x', '0x', '0xzz', '0x12', `0x${'f'.repeat(70)}`, {}, [], true, null])(
    'when the token answers %j',
    async (result) => {
      node.fault = tokenAnswers({ result });
      await expectUnknown('order.asset does not answer as an ERC-20 token does');
    },
  );

  test('when the token reverts', async () => {
    node.fault = tokenAnswers({ error: { code: 3, message: 'execution reverted' } });
    await expectUnknown('the node answered JSON-RPC error 3');
  });
});

test("the URL's user and password are sent as the node expects them", async () => {
  await validated();
  expect([...node.credentials]).toEqual([`Basic ${btoa('user:password')}`]);
});
