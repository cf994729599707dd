import { insertStatement, type Sendable } from '#database';
import { Repository } from 'typeorm';
import { OrderEvent } from './order-event.entity.js';

export type NewOrderEvent = Omit<OrderEvent, 'seq'>;

const INSERT = insertStatement(OrderEvent);

/** The rows of the log. */
export class OrderEventRepository extends Repository<OrderEvent> {
  /** In the transaction of their changes; they get their places in the log in the order given. */
  add(events: NewOrderEvent[]): Sendable<never> {
    return INSERT.with(JSON.stringify(events));
  }
}
