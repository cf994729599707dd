import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { OrderEvent } from '#events';
import { In, Repository } from 'typeorm';
import { CancellationRequest } from '../cancellations/cancellation-request.entity.js';
import { Fill } from '../fills/fill.entity.js';
import { Taker } from '../takers/taker.entity.js';
import type { OrderStatus } from './order-status.js';
import { Order, type OrderReference } from './order.entity.js';
import { orderNotFound } from './refusals.js';

/** All that is known of an order, oldest first. */
export interface OrderHistory {
  order: Order;
  requests: CancellationRequest[];
  fill: Fill | null;
  events: OrderEvent[];
  /** Everyone who ever held the order. */
  takers: Taker[];
}

/** Whether some of the order's events were too old to be kept: its versions begin with 1. */
export function earlierEventsDropped({ events }: OrderHistory): boolean {
  return events[0]?.version !== 1;
}

/** An order's past, for a person who has to understand it. */
@Injectable()
export class OrderHistoryService {
  constructor(@InjectRepository(Order) private readonly orders: Repository<Order>) {}

  /** Orders of a status, the one that changed first before all others, and whether there are more. */
  async list(status: OrderStatus, limit: number): Promise<{ orders: Order[]; more: boolean }> {
    const orders = await this.orders.find({
      where: { status },
      order: { updated_at: 'ASC', id: 'ASC' },
      take: limit + 1,
    });
    return { orders: orders.slice(0, limit), more: orders.length > limit };
  }

  /** As it stood at one moment; nothing is settled by looking. */
  of(reference: OrderReference): Promise<OrderHistory> {
    return this.orders.manager.transaction('REPEATABLE READ', async (manager) => {
      const order = await manager.findOneBy(Order, reference);
      if (!order) throw orderNotFound(reference);
      const ofOrder = { order_id: order.id };
      const events = await manager.find(OrderEvent, { where: ofOrder, order: { version: 'ASC' } });
      const holders = events.flatMap(({ taker_id }) => taker_id ?? []);
      return {
        order,
        requests: await manager.find(CancellationRequest, {
          where: ofOrder,
          order: { order_version: 'ASC' },
        }),
        fill: await manager.findOneBy(Fill, ofOrder),
        events,
        takers: await manager.findBy(Taker, { id: In([...new Set(holders)]) }),
      };
    });
  }
}
