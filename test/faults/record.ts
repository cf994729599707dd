import { eventId, OrderEvent } from '#events';
import { CancellationRequest, Fill, Maker, Order } from '#trading';
import { DataSource, type DataSourceOptions } from 'typeorm';

/** What the database says in the end. */
export interface DatabaseRecord {
  /** In the order of their ids. */
  events: OrderEvent[];
  orders: Order[];
  requests: CancellationRequest[];
  fills: Fill[];
  makers: Maker[];
}

/** A history that ended: what a database had that is not the database any more. */
export interface Undone {
  record: DatabaseRecord;
  /** Of the last change that the database has that took its place, Unix ms. What was told later may be undone. */
  since: number;
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

/** The same of another database. */
export async function recordAt(url: URL, dataSource: DataSource, since: string): Promise<DatabaseRecord> {
  const other = new DataSource({ ...dataSource.options, url: url.href } as DataSourceOptions);
  await other.initialize();
  try {
    return await recordSince(other, since);
  } finally {
    await other.destroy();
  }
}

export async function eventsSince(dataSource: DataSource, since: string): Promise<OrderEvent[]> {
  const events = await dataSource
    .getRepository(OrderEvent)
    .createQueryBuilder('event')
    .orderBy('event.seq')
    .getMany();
  return events.filter((event) => eventId(event) > since);
}
