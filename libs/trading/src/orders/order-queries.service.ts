import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { applyFilter, type Narrow, type Page, type PageRequest, readPage, readPageItems } from '#database';
import { DataSource, type FindOptionsWhere, In } from 'typeorm';
import { CancellationRequest } from '../cancellation/cancellation-request.entity.js';
import { Fill } from '../fills/fill.entity.js';
import { ORDER_CONDITIONS, type OrderFilter } from './order-filter.js';
import { orderNotFound } from './order-transactions.js';
import { Order, type OrderReference } from './order.entity.js';

export type MakerSortColumn = 'price' | 'quantity' | 'incentive' | 'deadline' | 'created_at';
export type TakerSortColumn = 'created_at' | 'locked_at' | 'price';

/** An order, its latest cancellation request that the reader may see, and its fill. */
export interface OrderDetails {
  order: Order;
  cancellation: CancellationRequest | null;
  fill: Fill | null;
}

/** Reading orders. What time has made due shows as soon as the worker or a call has written it down. */
@Injectable()
export class OrderQueries {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  ofMaker(wallet: string, reference: OrderReference): Promise<OrderDetails> {
    return this.one({ ...reference, maker: wallet }, reference);
  }

  /** An order that the taker holds, or held last. */
  ofTaker(takerId: string, orderHash: string): Promise<OrderDetails> {
    const reference = { order_hash: orderHash };
    return this.one({ ...reference, locked_taker_id: takerId }, reference, takerId);
  }

  async listOfMaker(
    wallet: string,
    filter: OrderFilter,
    page: PageRequest<MakerSortColumn>,
  ): Promise<Page<OrderDetails>> {
    const orders = await this.list('item.maker = :wallet', { wallet }, filter, page);
    return { ...orders, items: await this.withDetails(orders.items) };
  }

  /** The orders that the taker holds, or held last. */
  async listOfTaker(
    takerId: string,
    filter: OrderFilter,
    page: PageRequest<TakerSortColumn>,
  ): Promise<Page<OrderDetails>> {
    const orders = await this.list('item.locked_taker_id = :takerId', { takerId }, filter, page);
    return { ...orders, items: await this.withDetails(orders.items, takerId) };
  }

  /** Orders that a taker can lock now, newest first. */
  async available(takerId: string, page: number, pageSize: number): Promise<OrderDetails[]> {
    const pending = "item.status = 'pending' AND item.deadline > extract(epoch FROM clock_timestamp())";
    const newest = { page, pageSize, sortBy: 'created_at', sortOrder: 'desc' } as const;
    const orders = await readPageItems(
      this.dataSource.getRepository(Order),
      (query) => query.where(pending),
      newest,
    );
    return this.withDetails(orders, takerId);
  }

  private async one(
    where: FindOptionsWhere<Order>,
    reference: OrderReference,
    takerId?: string,
  ): Promise<OrderDetails> {
    const order = await this.dataSource.getRepository(Order).findOneBy(where);
    if (!order) throw orderNotFound(reference);
    const [details] = await this.withDetails([order], takerId);
    return details!;
  }

  private list(owned: string, owner: object, filter: OrderFilter, page: PageRequest): Promise<Page<Order>> {
    const narrow: Narrow<Order> = (query) => {
      query.where(owned, owner);
      applyFilter(query, ORDER_CONDITIONS, filter);
    };
    return readPage(this.dataSource.getRepository(Order), narrow, page);
  }

  /** With `takerId`, of requests only those to that taker: what others were asked is none of its business. */
  private async withDetails(orders: Order[], takerId?: string): Promise<OrderDetails[]> {
    if (orders.length === 0) return [];
    const order_id = In(orders.map(({ id }) => id));
    const asked = await this.dataSource
      .getRepository(CancellationRequest)
      .createQueryBuilder('request')
      .where({ order_id, ...(takerId && { taker_id: takerId }) })
      .distinctOn(['request.order_id'])
      .orderBy('request.order_id')
      .addOrderBy('request.order_version', 'DESC')
      .getMany();
    const fills = await this.dataSource.getRepository(Fill).findBy({ order_id });
    const requestOf = new Map(asked.map((request) => [request.order_id, request]));
    const fillOf = new Map(fills.map((fill) => [fill.order_id, fill]));
    return orders.map((order) => ({
      order,
      cancellation: requestOf.get(order.id) ?? null,
      fill: fillOf.get(order.id) ?? null,
    }));
  }
}
