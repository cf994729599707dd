import type { Conditions } from '#database';
import type { Order } from './order.entity.js';
import type { OrderStatus } from './order-status.js';

type AmountColumn = 'price' | 'quantity' | 'incentive' | 'filled_quantity';

/** What narrows a list of orders; everything given must hold. Addresses and hashes are lower-case. */
export type OrderFilter = {
  status?: OrderStatus[];
  /** A part of the ticker, in any case. */
  ticker_part?: string;
  /** Unix seconds, also with a fraction; from then on. */
  created_after?: number;
  /** Up to, without, then. */
  created_before?: number;
  deadline_after?: number;
  deadline_before?: number;
} & Partial<
  Pick<Order, 'order_hash' | 'principal' | 'ticker' | 'exchange' | 'asset' | 'is_buy' | 'nonce'>
> & { [Bound in `${AmountColumn}_${'min' | 'max'}`]?: string };

/** The condition that each field of a filter stands for. */
export const ORDER_CONDITIONS: Conditions<OrderFilter> = {
  order_hash: 'item.order_hash = :order_hash',
  principal: 'item.principal = :principal',
  ticker: 'item.ticker = :ticker',
  ticker_part: 'strpos(lower(item.ticker), lower(:ticker_part)) > 0',
  exchange: 'item.exchange = :exchange',
  asset: 'item.asset = :asset',
  is_buy: 'item.is_buy = :is_buy',
  nonce: 'item.nonce = :nonce',
  status: 'item.status IN (:...status)',
  price_min: 'item.price >= :price_min',
  price_max: 'item.price <= :price_max',
  quantity_min: 'item.quantity >= :quantity_min',
  quantity_max: 'item.quantity <= :quantity_max',
  incentive_min: 'item.incentive >= :incentive_min',
  incentive_max: 'item.incentive <= :incentive_max',
  filled_quantity_min: 'item.filled_quantity >= :filled_quantity_min',
  filled_quantity_max: 'item.filled_quantity <= :filled_quantity_max',
  deadline_after: 'item.deadline >= CAST(ceil(CAST(:deadline_after AS numeric)) AS bigint)',
  deadline_before: 'item.deadline < CAST(ceil(CAST(:deadline_before AS numeric)) AS bigint)',
  created_after: 'item.created_at >= to_timestamp(:created_after)',
  created_before: 'item.created_at < to_timestamp(:created_before)',
};
