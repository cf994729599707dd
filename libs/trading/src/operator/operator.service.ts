import { Injectable } from '@nestjs/common';
import type { Actor } from '#events';
import { statusAfterRelease } from '../due/due-steps.js';
import { OrderTransactions } from '../order-writing/order-transactions.js';
import { assertConsistent } from '../orders/order-consistency.js';
import type { OrderTransaction } from '../orders/order-transaction.js';
import type { Order, OrderReference } from '../orders/order.entity.js';
import { refuseFinal } from '../orders/refusals.js';
import { TradingError } from '../trading-error.js';

/** A person stepping in by hand: freezing an order, giving it back, or ending it. */
@Injectable()
export class OperatorService {
  constructor(private readonly orders: OrderTransactions) {}

  /** Freezes an order with its lock and its open request, until it is resumed or cancelled. */
  suspend(user: string, reference: OrderReference, reason: string): Promise<Order> {
    const operator: Actor = { kind: 'operator', user };
    return this.orders.onOrder(reference, operator, (tx) => {
      if (tx.order.status === 'suspended') {
        throw new TradingError('ORDER_SUSPENDED', 'the order is suspended already');
      }
      refuseFinal(tx.order);
      tx.suspend(reason, operator);
      return tx.order;
    });
  }

  /** Gives an order back to its taker; when the lock ran out meanwhile, it becomes what that would have made it. */
  async resume(user: string, reference: OrderReference, reason?: string): Promise<Order> {
    const operator: Actor = { kind: 'operator', user };
    await this.orders.onOrder(reference, operator, (tx) => {
      refuseUnlessSuspended(tx.order);
      assertConsistent(tx.order, tx.openRequest);
      const metadata = { cause: 'resume', lock_id: tx.order.lock_id, reason };
      const to = statusAfterSuspension(tx);
      tx.setNotes(null);
      if (to === 'locked') tx.giveBack(operator, metadata);
      else endLock(tx, to, operator, metadata);
    });
    return this.settled(reference, operator);
  }

  /** Ends a suspended order for good. */
  cancel(user: string, reference: OrderReference, reason: string): Promise<Order> {
    const operator: Actor = { kind: 'operator', user };
    return this.orders.onOrder(reference, operator, (tx) => {
      refuseUnlessSuspended(tx.order);
      const metadata = { cause: 'operator_cancel', lock_id: tx.order.lock_id, reason };
      tx.setNotes(reason);
      endLock(tx, 'cancelled', operator, metadata);
      return tx.order;
    });
  }

  /** The order once everything is written that fell due while it was frozen. */
  private settled(reference: OrderReference, operator: Actor): Promise<Order> {
    return this.orders.onOrder(reference, operator, ({ order }) => order);
  }
}

function refuseUnlessSuspended(order: Order): void {
  refuseFinal(order);
  if (order.status !== 'suspended') {
    throw new TradingError('INVALID_PARAMETER', `the order is not suspended; its status is ${order.status}`);
  }
}

/** Nothing goes from suspended to expired: what is past its deadline gets there by way of pending. */
function statusAfterSuspension({
  order,
  openRequest,
  now,
}: OrderTransaction): 'locked' | 'pending' | 'cancelled' {
  const lockEnd = order.lock_expires_at;
  if (!lockEnd) return 'pending';
  if (lockEnd > now) return 'locked';
  return statusAfterRelease(order, openRequest !== null, lockEnd) === 'cancelled' ? 'cancelled' : 'pending';
}

function endLock(
  tx: OrderTransaction,
  to: 'pending' | 'cancelled',
  actor: Actor,
  metadata: Record<string, unknown>,
): void {
  if (tx.openRequest) tx.resolveRequest({ status: 'accepted', resolved_by: 'lock_expiry' }, actor);
  tx.release(to, actor, metadata);
}
