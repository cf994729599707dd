import type { CancellationRequest, CancelOutcome, RequestOnOrder } from '#trading';
import type { CancellationRequested, OrderCancelled } from './dto/cancel-order.dto.js';
import type { Cancellation } from './dto/cancellation.dto.js';
import type { CancellationRequestView } from './dto/cancellation-requests.dto.js';

/** A cancellation request, as the order's maker sees it. */
export function cancellationView(request: CancellationRequest): Cancellation {
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
