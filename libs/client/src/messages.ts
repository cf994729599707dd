import type { CancellationStatus, OrderStatus, ResolvedBy } from './openapi.js';

/** What the sockets push, as /asyncapi.json describes it. */
export type PushMessage =
  EventMessage | (Frame & { type: 'resync'; data: Resync }) | { type: 'heartbeat'; timestamp: number };

/** What happened to an order or to a cancellation request. */
export type EventMessage =
  | (Frame & { type: 'order_status_change'; data: OrderStatusChange })
  | (Frame & { type: 'cancellation_request'; data: CancellationRequest })
  | (Frame & { type: 'order_book_change'; data: OrderBookChange })
  | (Frame & { type: 'cancellation_update'; data: CancellationUpdate });

/** What a taker is told of. */
export type TakerMessage = Exclude<EventMessage, { type: 'cancellation_update' }>;

interface Frame {
  /** The same event has the same id, however often it is pushed. */
  id: string;
  /** ISO 8601. */
  timestamp: string;
}

/** What happened while no connection was there will not be told; what happens from now on will. */
export interface Resync {
  /** The last id that was heard; null when the connection was lost before there was one. */
  after: string | null;
  /** ISO 8601: what is older is not kept; null when that is not known. */
  kept_since: string | null;
}

/** An order has a new status. Takers hear of every new order (`from_status` null), else of those that they hold. */
export interface OrderStatusChange {
  order_hash: string;
  maker: string;
  /** Who holds the order, or held it until this change. */
  taker: string | null;
  from_status: OrderStatus | null;
  to_status: OrderStatus;
  /**
   * `cause`, `lock_id`, `expires_at` and the like, by kind of change; `taker_address` whenever there is a taker; of a fill
   * `tx_hash`, the same as `blockchain_tx_hash`.
   */
  metadata: Record<string, unknown>;
}

/** An order came into the book of pending orders (`to_status` is `pending`), or left it, whoever did it. */
export interface OrderBookChange {
  order_hash: string;
  maker: string;
  from_status: OrderStatus | null;
  to_status: OrderStatus;
}

/** A maker asks to cancel an order that the taker holds. */
export interface CancellationRequest {
  order_hash: string;
  maker: string;
  reason: string;
  metadata: {
    request_id: string;
    /** Who is asked, and answers. */
    taker_address: string;
    expires_at: string;
    /** Silence never cancels a live lock. */
    on_timeout: 'keep_locked';
    /** Whether it was pushed before. */
    redelivered: boolean;
  };
}

/** The course of a maker's cancellation request. */
export interface CancellationUpdate {
  order_hash: string;
  order_id: string;
  request_id: string;
  status: CancellationStatus;
  resolved_by: ResolvedBy | null;
  late: boolean;
  /** The taker's words, when it answered. */
  message: string | null;
}
