import { In, type Repository } from 'typeorm';
import type { Order } from './order.entity.js';

/** How other lists name their orders. */
export type OrderName = Pick<Order, 'id' | 'order_hash' | 'maker'>;

/** The orders of a page's rows, by their id. */
export async function ordersById(
  orders: Repository<Order>,
  rows: { order_id: string }[],
): Promise<Map<string, OrderName>> {
  const found = await orders.find({
    where: { id: In(rows.map((row) => row.order_id)) },
    select: { id: true, order_hash: true, maker: true },
  });
  return new Map(found.map((order) => [order.id, order]));
}
