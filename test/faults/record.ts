import { eventId, OrderEvent } from '#events';
import { CancellationRequest, Fill, Maker, Order } from '#trading';
import type { DataSource } from 'typeorm';

/** What the database says in the end. */
export interface DatabaseRecord {
  /** In the order of their ids. */
  events: OrderEvent[];
  orders: Order[];
  requests: CancellationRequest[];
  fills: Fill[];
  makers: Maker[];
}

/** Everything, but of the events only those after an id. */
export async function recordSince(dataSource: DataSource, since: string): Promise<DatabaseRecord> {
  const { manager } = dataSource;
  return {
    events: await eventsSince(dataSource, since),
    orders: await manager.find(Order),
    requests: await manager.find(CancellationRequest),
    fills: await manager.find(Fill),
    makers: await manager.find(Maker),
  };
}

export async function eventsSince(dataSource: DataSource, since: string): Promise<OrderEvent[]> {
  const events = await dataSource
    .getRepository(OrderEvent)
    .createQueryBuilder('event')
    .orderBy('event.xid')
    .addOrderBy('event.seq')
    .getMany();
  return events.filter((event) => eventId(event) > since);
}
