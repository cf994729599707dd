import { parseArgs } from 'node:util';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { createClient } from '../../artifacts/clients/generated/hey-api/client/index.js';
import {
  answerCancellation,
  type CancelResultRequest,
  cancelOrder,
  connectWallet,
  getOrder,
  lockOrder,
  type OrderTerms,
  placeOrder,
} from '../../artifacts/clients/generated/hey-api/index.js';

/**
 * A whole handshake with generated code, as someone writes it who has nothing but the document: a wrong document
 * keeps this program from compiling, or from getting through. Prints the order as it is at the end.
 */
const { values } = parseArgs({
  options: { url: { type: 'string' }, key: { type: 'string' }, address: { type: 'string' } },
});
const { url: baseUrl = '', key = '', address: taker_address = '' } = values;

const wallet = privateKeyToAccount(generatePrivateKey());
const message = [
  `Wallet address: ${wallet.address}`,
  'ChainId: 97',
  `Timestamp: ${new Date().toISOString()}`,
  `Nonce: ${crypto.randomUUID()}`,
].join('\n');
const login = await connectWallet({
  client: createClient({ baseUrl }),
  body: {
    wallet_address: wallet.address,
    chain_id: '97',
    message,
    signature: await wallet.signMessage({ message }),
  },
  throwOnError: true,
});
const { jwt } = login.data.data;

const maker = createClient({ baseUrl, auth: jwt });
const taker = createClient({ baseUrl, auth: key });

const order: OrderTerms = {
  maker: wallet.address,
  principal: wallet.address,
  is_buy: true,
  ticker: 'AAPL',
  exchange: 0,
  asset: '0x55d398326f99059ff775485246999027b3197955',
  price: '182500000000000000000',
  quantity: '100',
  incentive: '500000000000000000',
  deadline: Math.floor(Date.now() / 1000) + 31 * 24 * 3600,
  nonce: 0,
};
const signature = await wallet.signTypedData({
  domain: {
    name: 'RFQSettlement',
    version: '1',
    chainId: 97,
    verifyingContract: '0xCB310C56A19078aA969A922f382613d932D89D83',
  },
  types: {
    Order: [
      { name: 'maker', type: 'address' },
      { name: 'principal', type: 'address' },
      { name: 'isBuy', type: 'bool' },
      { name: 'ticker', type: 'string' },
      { name: 'exchange', type: 'uint16' },
      { name: 'asset', type: 'address' },
      { name: 'price', type: 'uint256' },
      { name: 'quantity', type: 'uint256' },
      { name: 'incentive', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
      { name: 'nonce', type: 'uint256' },
    ],
  },
  primaryType: 'Order',
  message: {
    maker: wallet.address,
    principal: wallet.address,
    isBuy: order.is_buy,
    ticker: order.ticker,
    exchange: order.exchange,
    asset: '0x55d398326f99059ff775485246999027b3197955',
    price: BigInt(order.price),
    quantity: BigInt(order.quantity),
    incentive: BigInt(order.incentive),
    deadline: BigInt(order.deadline),
    nonce: BigInt(order.nonce),
  },
});
const placed = await placeOrder({ client: maker, body: { order, signature }, throwOnError: true });
const { id: order_id, order_hash } = placed.data.data;

await lockOrder({ client: taker, body: { order_hash, taker_address }, throwOnError: true });

const asked = await cancelOrder({ client: maker, path: { order_id }, throwOnError: true });
const outcome = asked.data.data;
if (outcome.success) throw new Error('a locked order is not cancelled at once');
const { request_id } = outcome.cancellation;

const verdict: CancelResultRequest = {
  order_hash,
  taker_address,
  request_id,
  cancellation_success: true,
  message: 'Not traded yet',
};
await answerCancellation({ client: taker, body: verdict, throwOnError: true });
const contradiction = await answerCancellation({
  client: taker,
  body: { ...verdict, cancellation_success: false },
});

const end = await getOrder({ client: maker, path: { order_id }, throwOnError: true });
const { status, cancellation } = end.data.data;
console.log(
  JSON.stringify({
    asked: asked.response.status,
    contradiction: contradiction.error?.code,
    status,
    resolved_by: cancellation?.resolved_by,
    message: cancellation?.message,
  }),
);
