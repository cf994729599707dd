import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { applyFilter, type Narrow, type Page, type PageRequest, readPage } from '#database';
import { In, Repository } from 'typeorm';
import { CancellationRequest } from '../cancellations/cancellation-request.entity.js';
import { Fill } from '../fills/fill.entity.js';
import { TradingError } from '../trading-error.js';
import { FormerTaker } from './former-taker.entity.js';
import { ORDER_CONDITIONS, type OrderFilter } from './order-filter.js';
import { Order, type OrderReference } from './order.entity.js';
import { orderNotFound } from './refusals.js';

export type MakerSortColumn = 'price' | 'quantity' | 'incentive' | 'deadline' | 'created_at';
export type TakerSortColumn = 'created_at' | 'locked_at' | 'price';

/** An order, its latest cancellation request that the reader may see, and its fill. */
export interface OrderDetails {
  order: Order;
  cancellation: CancellationRequest | null;
  fill: Fill | null;
}

const HELD_LAST = 'item.locked_taker_id = :takerId';
const HELD_BEFORE =
  'item.id IN (SELECT former.order_id FROM former_takers former WHERE former.taker_id = :takerId)';

/** What an order tells a taker that does not hold it, and did not hold it last. */
const NO_HOLDER = { lock_id: null, locked_by: null, locked_at: null, lock_expires_at: null, notes: null };

/** Reading orders. What time has made due shows as soon as the worker or a call has written it down. */
@Injectable()
export class OrderQueries {
  constructor(
    @InjectRepository(Order) private readonly rows: Repository<Order>,
    @InjectRepository(CancellationRequest) private readonly requests: Repository<CancellationRequest>,
    @InjectRepository(Fill) private readonly fills: Repository<Fill>,
    @InjectRepository(FormerTaker) private readonly formerTakers: Repository<FormerTaker>,
  ) {}

  async ofMaker(wallet: string, reference: OrderReference): Promise<OrderDetails> {
    const order = await this.rows.findOneBy({ ...reference, maker: wallet });
    if (!order) throw orderNotFound(reference);
    return (await this.withDetails([order]))[0]!;
  }

  /** An order that is pending, or that the taker ever held. */
  async ofTaker(takerId: string, orderHash: string): Promise<OrderDetails> {
    const reference = { order_hash: orderHash };
    const order = await this.rows.findOneBy(reference);
    if (!order || !(await this.mayBeSeen(order, takerId))) throw orderNotFound(reference);
    return (await this.withDetails([order], takerId))[0]!;
  }

  async listOfMaker(
    wallet: string,
    filter: OrderFilter,
    page: PageRequest<MakerSortColumn>,
  ): Promise<Page<OrderDetails>> {
    const orders = await readPage(this.rows, [narrow('item.maker = :wallet', { wallet }, filter)], page);
    return { ...orders, items: await this.withDetails(orders.items) };
  }

  /** The orders that the taker ever held. */
  async listOfTaker(
    takerId: string,
    filter: OrderFilter,
    page: PageRequest<TakerSortColumn>,
  ): Promise<Page<OrderDetails>> {
    const held = [HELD_LAST, HELD_BEFORE].map((owned) => narrow(owned, { takerId }, filter));
    const orders = await readPage(this.rows, held, page);
    return { ...orders, items: await this.withDetails(orders.items, takerId) };
  }

  /** Orders that a taker can lock now, oldest first, from after the order of a hash on; and whether there are more. */
  async available(
    takerId: string,
    limit: number,
    after?: string,
  ): Promise<{ orders: OrderDetails[]; hasMore: boolean }> {
    const query = this.rows
      .createQueryBuilder('item')
      .where("item.status = 'pending' AND item.deadline > extract(epoch FROM clock_timestamp())")
      .orderBy('item.created_at')
      .addOrderBy('item.id')
      .limit(limit + 1);
    if (after !== undefined) {
      const { created_at, id } = await this.placeOf(after);
      query.andWhere('(item.created_at, item.id) > (:created_at, :id)', { created_at, id });
    }
    const found = await query.getMany();
    const orders = await this.withDetails(found.slice(0, limit), takerId);
    return { orders, hasMore: found.length > limit };
  }

  private async mayBeSeen({ id, status, locked_taker_id }: Order, takerId: string): Promise<boolean> {
    if (status === 'pending' || locked_taker_id === takerId) return true;
    return this.formerTakers.existsBy({ order_id: id, taker_id: takerId });
  }

  /** Whatever became of the order since, so that nobody who pages is stopped by that. */
  private async placeOf(orderHash: string): Promise<Order> {
    const order = await this.rows.findOneBy({ order_hash: orderHash });
    if (order) return order;
    throw new TradingError('INVALID_PARAMETER', `after must be the hash of an order; none has ${orderHash}`);
  }

  /** With `takerId`, as that taker may see it: what others held, filled and were asked is none of its business. */
  private async withDetails(orders: Order[], takerId?: string): Promise<OrderDetails[]> {
    if (orders.length === 0) return [];
    const order_id = In(orders.map(({ id }) => id));
    const asked = await this.requests
      .createQueryBuilder('request')
      .where({ order_id, ...(takerId && { taker_id: takerId }) })
      .distinctOn(['request.order_id'])
      .orderBy('request.order_id')
      .addOrderBy('request.order_version', 'DESC')
      .getMany();
    const fills = await this.fills.findBy({ order_id });
    const requestOf = new Map(asked.map((request) => [request.order_id, request]));
    const fillOf = new Map(fills.map((fill) => [fill.order_id, fill]));
    return orders.map((order) => {
      const isOthers = takerId !== undefined && order.locked_taker_id !== takerId;
      return {
        order: isOthers ? { ...order, ...NO_HOLDER } : order,
        cancellation: requestOf.get(order.id) ?? null,
        fill: (!isOthers && fillOf.get(order.id)) || null,
      };
    });
  }
}

function narrow(owned: string, owner: object, filter: OrderFilter): Narrow<Order> {
  return (query) => {
    query.where(owned, owner);
    applyFilter(query, ORDER_CONDITIONS, filter);
  };
}
