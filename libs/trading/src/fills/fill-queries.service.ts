import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { applyFilter, type Conditions, type Narrow, type Page, type PageRequest, readPage } from '#database';
import { Repository } from 'typeorm';
import { Order } from '../orders/order.entity.js';
import { type OrderName, ordersById } from '../orders/orders-by-id.js';
import { Fill } from './fill.entity.js';

export type FillSortColumn = 'created_at' | 'fill_quantity' | 'fill_amount';
type AmountColumn = 'fill_quantity' | 'fill_amount' | 'fee_amount' | 'incentive_amount';

/** What narrows a list of fills; everything given must hold. Hashes and addresses are lower-case. */
export type FillFilter = {
  order_hash?: string;
  status?: Fill['status'][];
  block_number_min?: number;
  block_number_max?: number;
  /** Unix seconds, also with a fraction; from then on. */
  created_after?: number;
  /** Up to, without, then. */
  created_before?: number;
} & Partial<Pick<Fill, 'order_id' | 'taker_address' | 'tx_hash'>> & {
    [Bound in `${AmountColumn}_${'min' | 'max'}`]?: string;
  };

const CONDITIONS: Conditions<FillFilter> = {
  order_id: 'item.order_id = :order_id',
  order_hash: 'item.order_id = (SELECT id FROM orders WHERE order_hash = :order_hash)',
  taker_address: 'item.taker_address = :taker_address',
  tx_hash: 'item.tx_hash = :tx_hash',
  status: 'item.status IN (:...status)',
  fill_quantity_min: 'item.fill_quantity >= :fill_quantity_min',
  fill_quantity_max: 'item.fill_quantity <= :fill_quantity_max',
  fill_amount_min: 'item.fill_amount >= :fill_amount_min',
  fill_amount_max: 'item.fill_amount <= :fill_amount_max',
  fee_amount_min: 'item.fee_amount >= :fee_amount_min',
  fee_amount_max: 'item.fee_amount <= :fee_amount_max',
  incentive_amount_min: 'item.incentive_amount >= :incentive_amount_min',
  incentive_amount_max: 'item.incentive_amount <= :incentive_amount_max',
  block_number_min: 'item.block_number >= :block_number_min',
  block_number_max: 'item.block_number <= :block_number_max',
  created_after: 'item.created_at >= to_timestamp(:created_after)',
  created_before: 'item.created_at < to_timestamp(:created_before)',
};

/** A fill and the order that it closed. */
export interface FillOfOrder {
  fill: Fill;
  order: OrderName;
}

/** Reading fills. */
@Injectable()
export class FillQueries {
  constructor(
    @InjectRepository(Fill) private readonly rows: Repository<Fill>,
    @InjectRepository(Order) private readonly orders: Repository<Order>,
  ) {}

  async listOfTaker(
    takerId: string,
    filter: FillFilter,
    page: PageRequest<FillSortColumn>,
  ): Promise<Page<FillOfOrder>> {
    const narrow: Narrow<Fill> = (query) => {
      query.where('item.taker_id = :takerId', { takerId });
      applyFilter(query, CONDITIONS, filter);
    };
    const fills = await readPage(this.rows, [narrow], page);
    const orders = await ordersById(this.orders, fills.items);
    return { ...fills, items: fills.items.map((fill) => ({ fill, order: orders.get(fill.order_id)! })) };
  }
}
