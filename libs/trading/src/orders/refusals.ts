import type { TakerCaller } from '../takers/taker-caller.js';
import { TradingError } from '../trading-error.js';
import { isFinal } from './order-status.js';
import type { SignedTerms } from './order-signature.js';
import type { Order, OrderReference } from './order.entity.js';

/** Who it is, is nobody's business. */
export const HELD_BY_ANOTHER = 'another holds the lock of this order';

export const UINT256_MAX = 2n ** 256n - 1n;

export function orderNotFound(reference: OrderReference): TradingError {
  return new TradingError('ORDER_NOT_FOUND', `no order has the ${nameOf(reference)}`);
}

export function nameOf(reference: OrderReference): string {
  return 'id' in reference ? `id ${reference.id}` : `hash ${reference.order_hash}`;
}

/** No contract could settle such an order. */
export function refuseUnpayable({ price, quantity, incentive }: SignedTerms): void {
  if (BigInt(price) * BigInt(quantity) + BigInt(incentive) > UINT256_MAX) {
    throw new TradingError(
      'INVALID_PARAMETER',
      'order.quantity times the price, plus the incentive, must not be above 2^256-1',
    );
  }
}

export function refuseSuspended(order: Order): void {
  if (order.status === 'suspended') {
    throw new TradingError('ORDER_SUSPENDED', 'the order is suspended; only the operator can change it');
  }
}

export function refuseFinal(order: Order): void {
  if (isFinal(order.status))
    throw new TradingError('ORDER_FINAL', `the order is ${order.status}, which is final`);
}

export function refuseExpired(order: Order, expired: boolean): void {
  if (expired) {
    throw new TradingError(
      'ORDER_EXPIRED',
      `the order's deadline ${order.deadline} (Unix seconds) has passed`,
    );
  }
}

/** For calls that name a taker's address: it must be one of the caller's own. */
export function refuseForeignAddress(taker: TakerCaller, address: string): void {
  if (!taker.addresses.includes(address)) {
    throw new TradingError(
      'TAKER_ADDRESS_NOT_ALLOWED',
      `taker_address ${address} does not belong to this API key`,
    );
  }
}

export function refuseNotLocked(order: Order): void {
  if (order.status !== 'locked') {
    throw new TradingError('ORDER_NOT_LOCKED', `the order is not locked; its status is ${order.status}`);
  }
}

/** For calls of the holder of the lock: `holds` says whether the caller is it. */
export function refuseUnlessHolder(order: Order, holds: boolean): void {
  refuseNotLocked(order);
  if (!holds) {
    throw new TradingError('LOCKED_BY_ANOTHER_TAKER', HELD_BY_ANOTHER);
  }
}
