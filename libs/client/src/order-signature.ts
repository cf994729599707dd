import type { Address, Hex } from 'viem';
import { hashTypedData } from 'viem/utils';
import type { OrderTerms } from './openapi.js';

const ORDER_TYPES = {
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

/** Where orders settle: the service's EIP712_CHAIN_ID and EIP712_VERIFYING_CONTRACT. */
export interface Settlement {
  chainId: number;
  verifyingContract: string;
}

/** The EIP-712 typed data of an order, as wallets sign it. */
export function orderTypedData({ chainId, verifyingContract }: Settlement, order: OrderTerms) {
  return {
    domain: {
      name: 'RFQSettlement',
      version: '1',
      chainId,
      verifyingContract: verifyingContract as Address,
    },
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

export type OrderTypedData = ReturnType<typeof orderTypedData>;

/** What the maker signed of an order: the terms that a fill repeats. */
export function termsOf(order: OrderTerms): OrderTerms {
  const { maker, principal, is_buy, ticker, exchange, asset } = order;
  const { price, quantity, incentive, deadline, nonce } = order;
  return { maker, principal, is_buy, ticker, exchange, asset, price, quantity, incentive, deadline, nonce };
}

/** The order hash, as the service computes it. */
export function hashOrder(settlement: Settlement, order: OrderTerms): Hex {
  return hashTypedData(orderTypedData(settlement, order));
}
