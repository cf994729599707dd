import { Injectable } from '@nestjs/common';
import { READ_CLOCK, type Transaction } from '#database';
import { OrderEventRepository } from '#events';
import { type Changes, LockedOrder } from '../orders/locked-order.js';
import { isFinal } from '../orders/order-status.js';
import type { Order, OrderReference } from '../orders/order.entity.js';
import { CancellationRequestRepository } from './cancellation-request.repository.js';
import { FillRepository } from './fill.repository.js';
import { OrderRepository } from './order.repository.js';

/** Reads orders with all that belongs to them, and writes what was changed of them. */
@Injectable()
export class OrderStore {
  constructor(
    private readonly orders: OrderRepository,
    private readonly requests: CancellationRequestRepository,
    private readonly fills: FillRepository,
    private readonly events: OrderEventRepository,
  ) {}

  /** Orders with their rows locked; those that are not found, or skipped, are left out. */
  async lock(tx: Transaction, references: OrderReference[], mayWait: boolean): Promise<LockedOrder[]> {
    // what was waited for may have changed the requests, and taken time
    const [rows, requests, [clock]] = await tx.send([
      this.orders.lock(references, mayWait),
      this.requests.ofOrders(references, tx.isTraced),
      READ_CLOCK,
    ]);
    const orders = rows.map(orderOf);
    const ended = orders.filter(({ status }) => isFinal(status)).map(({ id }) => id);
    const fills = ended.length === 0 ? [] : await tx.manager.withRepository(this.fills).ofOrders(ended);
    return orders.map((order) => {
      const ofOrder = requests.filter(({ order_id }) => order_id === order.id);
      const fill = fills.find(({ order_id }) => order_id === order.id) ?? null;
      return new LockedOrder(order, ofOrder, fill, clock!.now);
    });
  }

  /** Writes the changes and commits, in one round trip. */
  async commit(tx: Transaction, changes: Changes[]): Promise<void> {
    const requests = changes.flatMap(({ request }) => request ?? []);
    const added = requests.filter(({ isNew }) => isNew).map(({ row }) => row);
    const changed = requests.filter(({ isNew }) => !isNew).map(({ row }) => row);
    const fills = changes.flatMap(({ fill }) => fill ?? []);
    await tx.commit([
      this.orders.write(changes),
      ...(added.length > 0 ? [this.requests.add(added)] : []),
      ...(changed.length > 0 ? [this.requests.write(changed)] : []),
      ...(fills.length > 0 ? [this.fills.add(fills)] : []),
      this.events.add(changes.flatMap(({ events }) => events)),
    ]);
  }
}

/** Raw rows have PostgreSQL's bigint as text. */
function orderOf(row: Order): Order {
  return { ...row, deadline: Number(row.deadline), nonce: Number(row.nonce) };
}
