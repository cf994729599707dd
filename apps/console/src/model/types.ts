import type { CancellationRequestView, EventMessage, OrderView, PushMessage, TakerOrderView } from '#client';

/** An order as its maker sees it; a taker sees a little more. */
export type Order = OrderView & Partial<Pick<TakerOrderView, 'locked_at' | 'reference_id' | 'tx_hash'>>;
export type Question = CancellationRequestView;

/** What an order's history has. */
export type HistoryEvent = Exclude<EventMessage, { type: 'order_book_change' }> & {
  by: 'maker' | 'taker' | 'timer' | 'operator' | 'service';
};

/** What is pushed, but for heartbeats. */
export type Message = Exclude<PushMessage, { type: 'heartbeat' }>;

/** A push, as it came. */
export interface Push {
  kind: 'push';
  key: string;
  at: number;
  message: Message;
}
