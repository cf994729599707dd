import { type DataSource, In } from 'typeorm';
import { Order } from './order.entity.js';

/** How other lists name their orders. */
export type OrderName = Pick<Order, 'id' | 'order_hash' | 'maker'>;

/** The orders of a page's rows, by their id. */
export async function ordersById(
  dataSource: DataSource,
  rows: { order_id: string }[],
): Promise<Map<string, OrderName>> {
  const orders = await dataSource.getRepository(Order).find({
    where: { id: In(rows.map((row) => row.order_id)) },
    select: { id: true, order_hash: true, maker: true },
  });
  return new Map(orders.map((order) => [order.id, order]));
}
