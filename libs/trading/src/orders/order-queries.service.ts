import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CancellationRequest } from '../cancellation/cancellation-request.entity.js';
import { orderNotFound } from './order-transactions.js';
import { Order, type OrderReference } from './order.entity.js';

/** An order and the latest cancellation request on it. */
export interface OrderWithCancellation {
  order: Order;
  cancellation: CancellationRequest | null;
}

/** Reading orders. What time has made due shows as soon as the worker or a call has written it down. */
@Injectable()
export class OrderQueries {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async ofMaker(wallet: string, reference: OrderReference): Promise<OrderWithCancellation> {
    const order = await this.dataSource.getRepository(Order).findOneBy({ ...reference, maker: wallet });
    if (!order) throw orderNotFound(reference);
    const cancellation = await this.dataSource.getRepository(CancellationRequest).findOne({
      where: { order_id: order.id },
      order: { order_version: 'DESC' },
    });
    return { order, cancellation };
  }
}
