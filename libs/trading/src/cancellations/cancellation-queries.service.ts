import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type Page, type PageRequest, readPage } from '#database';
import { Repository } from 'typeorm';
import { Order } from '../orders/order.entity.js';
import { type OrderName, ordersById } from '../orders/orders-by-id.js';
import { CancellationRequest, type CancellationStatus } from './cancellation-request.entity.js';

/** A cancellation request and the order that it is about. */
export interface RequestOnOrder {
  request: CancellationRequest;
  order: OrderName;
}

/** Reading cancellation requests. */
@Injectable()
export class CancellationQueries {
  constructor(
    @InjectRepository(CancellationRequest) private readonly rows: Repository<CancellationRequest>,
    @InjectRepository(Order) private readonly orders: Repository<Order>,
  ) {}

  /** The requests that were put to the taker. */
  async listOfTaker(
    takerId: string,
    statuses: CancellationStatus[],
    page: PageRequest<'requested_at'>,
  ): Promise<Page<RequestOnOrder>> {
    const requests = await readPage(
      this.rows,
      [
        (query) =>
          query.where('item.taker_id = :takerId AND item.status IN (:...statuses)', { takerId, statuses }),
      ],
      page,
    );
    const orders = await ordersById(this.orders, requests.items);
    const items = requests.items.map((request) => ({ request, order: orders.get(request.order_id)! }));
    return { ...requests, items };
  }
}
