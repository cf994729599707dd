import type { Settings } from '#config';
import type { Address, Hex } from 'viem';
import { hashTypedData } from 'viem/utils';

/** What a maker signs: EIP-712 primary type `Order`, fields in this order. */
export const ORDER_TYPES = {
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
} as const;

/** An order as its maker writes it: addresses lower-case, amounts uint256 as decimal strings. */
export interface SignedTerms {
  maker: string;
  principal: string;
  is_buy: boolean;
  ticker: string;
  exchange: number;
  asset: string;
  price: string;
  quantity: string;
  incentive: string;
  /** Unix seconds. */
  deadline: number;
  nonce: number;
}

/** The EIP-712 domain in which orders are signed. */
export function signingDomain(chainId: number, verifyingContract: string) {
  return { name: 'RFQSettlement', version: '1', chainId, verifyingContract: verifyingContract as Address };
}

/** The typed data of an order, as wallets take it. */
function orderTypedData(domain: ReturnType<typeof signingDomain>, order: SignedTerms) {
  return {
    domain,
    types: ORDER_TYPES,
    primaryType: 'Order',
    message: {
      maker: order.maker as Address,
      principal: order.principal as Address,
      isBuy: order.is_buy,
      ticker: order.ticker,
      exchange: order.exchange,
      asset: order.asset as Address,
      price: BigInt(order.price),
      quantity: BigInt(order.quantity),
      incentive: BigInt(order.incentive),
      deadline: BigInt(order.deadline),
      nonce: BigInt(order.nonce),
    },
  } as const;
}

type SigningSettings = Pick<Settings, 'EIP712_CHAIN_ID' | 'EIP712_VERIFYING_CONTRACT'>;

const domainOf = ({ EIP712_CHAIN_ID, EIP712_VERIFYING_CONTRACT }: SigningSettings) =>
  signingDomain(EIP712_CHAIN_ID, EIP712_VERIFYING_CONTRACT);

/** The order hash (0x and 64 lower-case hex digits) in the service's domain. */
export function orderHash(settings: SigningSettings, terms: SignedTerms): Hex {
  return hashTypedData(orderTypedData(domainOf(settings), terms));
}

/** What is wrong with a signature that is not the maker's, with what was signed here, so that a wallet's author can compare. */
export function wrongSignature(settings: SigningSettings, hash: Hex, fault: string): string {
  return (
    `signature must be order.maker's EIP-712 signature of the order: this one ${fault}; the order's hash is ${hash}, ` +
    `in the domain ${JSON.stringify(domainOf(settings))}`
  );
}
