import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type Page, type PageRequest, readPage } from '#database';
import { DataSource } from 'typeorm';
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
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The requests that were put to the taker. */
  async listOfTaker(
    takerId: string,
    statuses: CancellationStatus[],
    page: PageRequest<'requested_at'>,
  ): Promise<Page<RequestOnOrder>> {
    const requests = await readPage(
      this.dataSource.getRepository(CancellationRequest),
      [
        (query) =>
          query.where('item.taker_id = :takerId AND item.status IN (:...statuses)', { takerId, statuses }),
      ],
      page,
    );
    const orders = await ordersById(this.dataSource, requests.items);
    const items = requests.items.map((request) => ({ request, order: orders.get(request.order_id)! }));
    return { ...requests, items };
  }
}
