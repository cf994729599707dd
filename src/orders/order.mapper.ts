import type { OrderDetails, OrderFilter, OrderValidation } from '#trading';
import { cancellationView } from '../cancellations/cancellation.mapper.js';
import { fillView } from '../fills/fill.mapper.js';
import { filterOf } from '../http/pages/page.mapper.js';
import type { MakerOrdersQuery } from './dto/maker-orders.dto.js';
import type { OrderView } from './dto/order.dto.js';
import type { TakerOrdersQuery, TakerOrderView } from './dto/taker-orders.dto.js';
import type { ValidateAnswer } from './dto/validate-order.dto.js';

export function orderView({ order, cancellation, fill }: OrderDetails): OrderView {
  return {
    id: order.id,
    maker: order.maker,
    principal: order.principal,
    is_buy: order.is_buy,
    ticker: order.ticker,
    exchange: order.exchange,
    asset: order.asset,
    price: order.price,
    quantity: order.quantity,
    incentive: order.incentive,
    deadline: order.deadline,
    nonce: order.nonce,
    signature: order.signature,
    order_hash: order.order_hash,
    status: order.status,
    filled_quantity: order.filled_quantity,
    locked_by: order.lock_id && order.locked_by,
    lock_expires_at: order.lock_expires_at?.toISOString() ?? null,
    notes: order.notes,
    created_at: order.created_at.toISOString(),
    updated_at: order.updated_at.toISOString(),
    cancellation: cancellation && cancellationView(cancellation),
    fills: fill ? [fillView({ fill, order })] : [],
  };
}

/** An order with who holds it, or held it last, as far as its reader may know. */
export function takerOrderView(details: OrderDetails): TakerOrderView {
  const { order, fill } = details;
  return {
    ...orderView(details),
    locked_by: order.locked_by,
    locked_at: order.locked_at?.toISOString() ?? null,
    reference_id: fill?.reference_id ?? null,
    tx_hash: fill?.tx_hash ?? null,
  };
}

export function validationView(validation: OrderValidation): ValidateAnswer {
  return {
    valid: validation.errors.length === 0,
    order_hash: validation.orderHash,
    errors: validation.errors,
    maker_balance: validation.balance?.toString() ?? null,
    maker_allowance: validation.allowance?.toString() ?? null,
    nonce_valid: validation.nonceValid,
    signature_valid: validation.signatureValid,
    not_expired: validation.notExpired,
  };
}

export function makerFilterOf(query: MakerOrdersQuery): OrderFilter {
  const { order_hash, principal, asset, ticker, ticker_like, ...filter } = filterOf(query);
  return {
    ...filter,
    [ticker_like ? 'ticker_part' : 'ticker']: ticker,
    order_hash: order_hash?.toLowerCase(),
    principal: principal?.toLowerCase(),
    asset: asset?.toLowerCase(),
  };
}

export function takerFilterOf(query: TakerOrdersQuery): OrderFilter {
  return filterOf(query);
}
