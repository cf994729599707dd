import type {
  CancellationRequest,
  CancelOutcome,
  Fill,
  FillReport,
  Order,
  OrderWithCancellation,
  SignedTerms,
} from '#trading';
import type { CancellationRequested, OrderCancelled } from './dto/cancel-order.dto.js';
import type { FillAnswer, FillOrderRequest } from './dto/fill-order.dto.js';
import type { OrderTerms } from './dto/order-terms.dto.js';
import type { Cancellation, OrderView } from './dto/order.dto.js';

/** A maker's order as the domain takes it. */
export function termsOf(order: OrderTerms): SignedTerms {
  return {
    ...order,
    maker: order.maker.toLowerCase(),
    principal: order.principal.toLowerCase(),
    asset: order.asset.toLowerCase(),
  };
}

export function orderView({ order, cancellation }: OrderWithCancellation): OrderView {
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
    created_at: order.created_at.toISOString(),
    updated_at: order.updated_at.toISOString(),
    cancellation: cancellation && cancellationView(cancellation),
  };
}

function cancellationView(request: CancellationRequest): Cancellation {
  return {
    request_id: request.id,
    status: request.status,
    reason: request.reason,
    requested_at: request.requested_at.toISOString(),
    expires_at: request.expires_at.toISOString(),
    pushed_at: request.pushed_at?.toISOString() ?? null,
    resolved_at: request.resolved_at?.toISOString() ?? null,
    resolved_by: request.resolved_by,
    late: request.late,
    message: request.message,
  };
}

export function cancelView({ order, request }: CancelOutcome): OrderCancelled | CancellationRequested {
  if (!request) {
    return {
      success: true,
      order_id: order.id,
      status: 'cancelled',
      message: 'Order cancelled successfully',
    };
  }
  const { request_id, status, requested_at, expires_at, pushed_at } = cancellationView(request);
  return {
    success: false,
    order_id: order.id,
    status: 'cancellation_requested',
    message: 'The taker that holds the order has been asked to cancel it',
    cancellation: { request_id, status, requested_at, expires_at, pushed_at },
  };
}

export function fillReportOf(body: FillOrderRequest): FillReport {
  return {
    terms: termsOf(body.order),
    signature: body.signature.toLowerCase(),
    fillQuantity: body.fill_quantity,
    takerIncentive: body.taker_incentive,
    txHash: body.tx_hash?.toLowerCase(),
    blockNumber: body.block_number,
    referenceId: body.reference_id,
  };
}

export function fillView({ order, fill }: { order: Order; fill: Fill }): FillAnswer {
  return {
    success: true,
    tx_hash: fill.tx_hash,
    order_hash: order.order_hash,
    filled_quantity: fill.fill_quantity,
    filled_amount: fill.fill_amount,
    fee_amount: fill.fee_amount,
    incentive_amount: fill.incentive_amount,
    status: order.status,
  };
}
