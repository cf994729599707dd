import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { databaseNow } from '#database';
import { EventLog } from '#events';
import { DataSource, type EntityManager } from 'typeorm';
import { TradingError } from '../trading-error.js';
import { dueSteps } from './due-steps.js';
import { OrderTransaction } from './order-transaction.js';
import { Order, type OrderReference } from './order.entity.js';

type Outcome<T> = { wrote: boolean } & ({ settled: true } | { settled: false; result: T });

/**
 * The one way to change an order: its row is locked, what time has made due is written first, then the call acts.
 *
 * What is due is committed by itself and the call starts over, so that a refused call leaves nothing of its own.
 * A transaction works on one order alone and draws its number (xid) only when it has the row: that makes the
 * ids of an order's events grow in the order of its changes.
 */
@Injectable()
export class OrderTransactions {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly log: EventLog,
  ) {}

  async onOrder<T>(reference: OrderReference, action: (tx: OrderTransaction) => T | Promise<T>): Promise<T> {
    // ends: each round that settles takes the order past every due time before its clock reading
    for (;;) {
      const outcome = await this.dataSource.transaction((manager) =>
        this.attempt(manager, reference, action),
      );
      if (outcome.wrote) this.log.poke();
      if (!outcome.settled) return outcome.result;
    }
  }

  /** Writes what is due on an order, and nothing else. */
  async settle(reference: OrderReference): Promise<void> {
    await this.onOrder(reference, () => undefined);
  }

  private async attempt<T>(
    manager: EntityManager,
    reference: OrderReference,
    action: (tx: OrderTransaction) => T | Promise<T>,
  ): Promise<Outcome<T>> {
    const order = await manager.findOne(Order, { where: reference, lock: { mode: 'pessimistic_write' } });
    if (!order) throw orderNotFound(reference);
    const tx = await OrderTransaction.begin(manager, order, await databaseNow(manager));
    const due = dueSteps(order, tx.openRequest, tx.now);
    if (due.length > 0) {
      due.forEach((step) => tx.apply(step));
      return { settled: true, wrote: await tx.write(this.log) };
    }
    const result = await action(tx);
    return { settled: false, result, wrote: await tx.write(this.log) };
  }
}

export function orderNotFound(reference: OrderReference): TradingError {
  const name = 'id' in reference ? `id ${reference.id}` : `hash ${reference.order_hash}`;
  return new TradingError('ORDER_NOT_FOUND', `no order has the ${name}`);
}
