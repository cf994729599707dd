import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { databaseNow, violatesUnique } from '#database';
import { EventLog, inCall } from '#events';
import { DataSource, type EntityManager } from 'typeorm';
import { ChangeMetrics, type Written } from '../metrics/change-metrics.js';
import { BrokenInvariantError, TradingError } from '../trading-error.js';
import { dueSteps } from './due-steps.js';
import { assertConsistent } from './order-consistency.js';
import { mayFollow } from './order-status.js';
import { OrderTransaction } from './order-transaction.js';
import { NOTES_MAX, Order, type OrderReference } from './order.entity.js';

/** What to do about a row that another transaction has locked; by default it is waited for. */
type OnLocked = 'skip_locked';
type Outcome<T> = { written: Written | undefined } & ({ settled: true } | { settled: false; result: T });

/**
 * The one way to change an order: its row is locked, what time has made due is written first, then the call acts.
 *
 * What is due is committed by itself and the call starts over, so that a refused call leaves nothing of its own.
 * An order whose data contradicts itself is suspended, for a person to look at; the call fails nonetheless.
 * A transaction works on one order alone and draws its number (xid) only when it has the row: that makes the
 * ids of an order's events grow in the order of its changes.
 */
@Injectable()
export class OrderTransactions {
  private readonly logger = new Logger(OrderTransactions.name);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly log: EventLog,
    private readonly metrics: ChangeMetrics,
  ) {}

  async onOrder<T>(
    reference: OrderReference,
    action: (tx: OrderTransaction) => T | Promise<T>,
    onLocked?: OnLocked,
  ): Promise<T> {
    try {
      return await this.settleAndAct(reference, action, onLocked);
    } catch (error) {
      const broken = asBrokenInvariant(error);
      if (!broken) throw error;
      await this.suspendBroken(reference, broken);
      throw broken;
    }
  }

  /**
   * Writes what is due on an order, and nothing else. Returns false when another transaction has the row (orders are never
   * deleted, so one that is not found is locked): a call, or another worker, which settles it itself.
   */
  async settle(reference: OrderReference): Promise<boolean> {
    try {
      await this.onOrder(reference, () => undefined, 'skip_locked');
      return true;
    } catch (error) {
      if (error instanceof TradingError && error.code === 'ORDER_NOT_FOUND') return false;
      throw error;
    }
  }

  private async settleAndAct<T>(
    reference: OrderReference,
    action: (tx: OrderTransaction) => T | Promise<T>,
    onLocked?: OnLocked,
  ): Promise<T> {
    // ends: each round that settles takes the order past every due time before its clock reading
    for (;;) {
      const outcome = await this.dataSource.transaction((manager) =>
        this.attempt(manager, reference, action, onLocked),
      );
      this.announce(outcome.written);
      if (!outcome.settled) return outcome.result;
    }
  }

  private async attempt<T>(
    manager: EntityManager,
    reference: OrderReference,
    action: (tx: OrderTransaction) => T | Promise<T>,
    onLocked?: OnLocked,
  ): Promise<Outcome<T>> {
    const tx = await this.begin(manager, reference, onLocked);
    if (tx.order.status !== 'suspended') assertConsistent(tx.order, tx.openRequest);
    const due = dueSteps(tx.order, tx.openRequest, tx.now);
    if (due.length > 0) {
      due.forEach((step) => tx.apply(step));
      return { settled: true, written: await tx.write(this.log) };
    }
    const result = await action(tx);
    return { settled: false, result, written: await tx.write(this.log) };
  }

  private async begin(
    manager: EntityManager,
    reference: OrderReference,
    onLocked?: OnLocked,
  ): Promise<OrderTransaction> {
    const lock = { mode: 'pessimistic_write', onLocked } as const;
    const order = await manager.findOne(Order, { where: reference, lock });
    if (!order) throw orderNotFound(reference);
    return OrderTransaction.begin(manager, order, await databaseNow(manager));
  }

  /** Tells of what is committed. */
  private announce(written: Written | undefined): void {
    if (!written) return;
    this.metrics.count(written);
    this.log.poke();
  }

  /** Tried once; when it fails as well, the caller still learns of the first failure. */
  private async suspendBroken(reference: OrderReference, { message }: BrokenInvariantError): Promise<void> {
    const order = nameOf(reference);
    this.logger.error(`the order of ${order} contradicts itself and is to be suspended: ${message}`);
    try {
      const written = await this.dataSource.transaction(async (manager) => {
        const tx = await this.begin(manager, reference);
        if (!mayFollow(tx.order.status, 'suspended')) return undefined;
        tx.suspend(message.slice(0, NOTES_MAX), { kind: 'service', ...inCall() });
        return tx.write(this.log);
      });
      this.announce(written);
    } catch (error) {
      this.logger.error(`the order of ${order} could not be suspended: ${(error as Error).message}`);
    }
  }
}

/** A change writes rows that only one change can write, by the order's version: a duplicate is a contradiction too. */
function asBrokenInvariant(error: unknown): BrokenInvariantError | undefined {
  if (error instanceof BrokenInvariantError) return error;
  if (!violatesUnique(error)) return undefined;
  return new BrokenInvariantError((error as Error).message, { cause: error });
}

export function orderNotFound(reference: OrderReference): TradingError {
  return new TradingError('ORDER_NOT_FOUND', `no order has the ${nameOf(reference)}`);
}

function nameOf(reference: OrderReference): string {
  return 'id' in reference ? `id ${reference.id}` : `hash ${reference.order_hash}`;
}
