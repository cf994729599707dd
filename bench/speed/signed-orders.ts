import { type Hex } from 'viem';
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { orderTypedData } from '#client';
import { loadSettings } from '#config';
import { DATA_DIR } from './cluster.js';
import type { Calls } from './load.js';

/** A deadline is far enough ahead by the service's ORDER_MIN_VALIDITY_HOURS. */
const VALID_SECONDS = 365 * 86_400;

export interface SignedOrder {
  order: Parameters<typeof orderTypedData>[1];
  signature: Hex;
}

/** Makers with wallets of their own, who sign orders. */
export class SigningMakers {
  readonly accounts: PrivateKeyAccount[];
  private nonce = 0;

  constructor(makers: number) {
    this.accounts = Array.from({ length: makers }, () => privateKeyToAccount(generatePrivateKey()));
  }

  /** Signs so many orders, the makers in turn. */
  async sign(count: number): Promise<SignedOrder[]> {
    const orders: SignedOrder[] = [];
    for (let made = 0; made < count; made += 1) orders.push(await this.signOne());
    return orders;
  }

  private async signOne(): Promise<SignedOrder> {
    const nonce = (this.nonce += 1);
    const account = this.accounts[nonce % this.accounts.length]!;
    const maker = account.address.toLowerCase();
    const order = {
      maker,
      principal: maker,
      is_buy: nonce % 2 === 0,
      ticker: `T${nonce % 500}`,
      exchange: 0,
      asset: `0x${'55'.repeat(20)}`,
      price: '150250000000000000000',
      quantity: '100',
      incentive: '500000000000000000',
      deadline: Math.floor(Date.now() / 1000) + VALID_SECONDS,
      nonce,
    };
    return { order, signature: await account.signTypedData(orderTypedData(settlement, order)) };
  }
}

/** The calls by which makers place these orders. */
export function placing(
  makers: SigningMakers,
  tokenOf: (wallet: string) => string,
  orders: SignedOrder[],
): Calls {
  const wallets = makers.accounts.map(({ address }) => address.toLowerCase());
  return {
    heads: wallets.map((wallet) => ({
      path: '/api/v1/orders',
      headers: { authorization: `Bearer ${tokenOf(wallet)}` },
    })),
    calls: orders.map((signed) => ({
      head: wallets.indexOf(signed.order.maker),
      body: JSON.stringify(signed),
    })),
    expectedStatus: 201,
  };
}

const { EIP712_CHAIN_ID, EIP712_VERIFYING_CONTRACT } = loadSettings({ DATA_DIR });
/** Where the service's orders settle, by default. */
export const settlement = { chainId: EIP712_CHAIN_ID, verifyingContract: EIP712_VERIFYING_CONTRACT };
