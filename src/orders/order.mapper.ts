import type {
  CancellationRequest,
  CancelOutcome,
  Fill,
  FillReport,
  FillOfOrder,
  Order,
  OrderDetails,
  OrderValidation,
  RequestOnOrder,
  SignedTerms,
} from '#trading';
import type { CancellationRequested, OrderCancelled } from './dto/cancel-order.dto.js';
import type { CancellationRequestView } from './dto/cancellation-requests.dto.js';
import type { FillAnswer, FillOrderRequest } from './dto/fill-order.dto.js';
import type { FillView } from './dto/fill.dto.js';
import type { OrderTerms } from './dto/order-terms.dto.js';
import type { Cancellation, OrderView } from './dto/order.dto.js';
import type { TakerOrderView } from './dto/taker-orders.dto.js';
import type { ValidateAnswer } from './dto/validate-order.dto.js';

/** A maker's order as the domain takes it. */
export function termsOf(order: OrderTerms): SignedTerms {
  return {
    ...order,
    maker: order.maker.toLowerCase(),
    principal: order.principal.toLowerCase(),
    asset: order.asset.toLowerCase(),
  };
}

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

export function fillView({ fill, order }: FillOfOrder): FillView {
  return {
    id: fill.id,
    order_id: fill.order_id,
    order_hash: order.order_hash,
    taker: fill.taker_address,
    fill_quantity: fill.fill_quantity,
    fill_amount: fill.fill_amount,
    fee_amount: fill.fee_amount,
    incentive_amount: fill.incentive_amount,
    taker_incentive: fill.taker_incentive,
    tx_hash: fill.tx_hash,
    block_number: fill.block_number,
    status: fill.status,
    reference_id: fill.reference_id,
    created_at: fill.created_at.toISOString(),
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

/** A cancellation request, as its taker sees it. */
export function requestView({ request, order }: RequestOnOrder): CancellationRequestView {
  return {
    request_id: request.id,
    order_hash: order.order_hash,
    taker_address: request.taker_address,
    maker: order.maker,
    reason: request.reason,
    status: request.status,
    requested_at: request.requested_at.toISOString(),
    expires_at: request.expires_at.toISOString(),
    answered_at: request.resolved_at?.toISOString() ?? null,
    message: request.message,
    late: request.late,
    resolved_by: request.resolved_by,
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

export function fillAnswer({ order, fill }: { order: Order; fill: Fill }): FillAnswer {
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
