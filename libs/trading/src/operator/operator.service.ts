import { Injectable } from '@nestjs/common';
import type { Actor } from '#events';
import { OrderWriter } from '../order-writing/order-writer.js';
import type { LockedOrder } from '../orders/locked-order.js';
import { assertConsistent } from '../orders/order-consistency.js';
import { statusAfterRelease } from '../orders/order-status.js';
import type { Order, OrderReference } from '../orders/order.entity.js';
import { refuseFinal } from '../orders/refusals.js';
import { TradingError } from '../trading-error.js';

/** A person stepping in by hand: freezing an order, giving it back, or ending it. */
@Injectable()
export class OperatorService {
  constructor(private readonly writer: OrderWriter) {}

  /** Freezes an order with its lock and its open request, until it is resumed or cancelled. */
  suspend(user: string, reference: OrderReference, reason: string): Promise<Order> {
    const operator: Actor = { kind: 'operator', user };
    return this.writer.onOrder(reference, operator, (locked) => {
      if (locked.order.status === 'suspended') {
        throw new TradingError('ORDER_SUSPENDED', 'the order is suspended already');
      }
      refuseFinal(locked.order);
      locked.suspend(reason, operator);
      return locked.order;
    });
  }

  /** Gives an order back to its taker; when the lock ran out meanwhile, it becomes what that would have made it. */
  async resume(user: string, reference: OrderReference, reason?: string): Promise<Order> {
    const operator: Actor = { kind: 'operator', user };
    await this.writer.onOrder(reference, operator, (locked) => {
      refuseUnlessSuspended(locked.order);
      assertConsistent(locked.order, locked.openRequest);
      const metadata = { cause: 'resume', lock_id: locked.order.lock_id, reason };
      const to = statusAfterSuspension(locked);
      locked.setNotes(null);
      if (to === 'locked') locked.giveBack(operator, metadata);
      else endLock(locked, to, operator, metadata);
    });
    return this.settled(reference, operator);
  }

  /** Ends a suspended order for good. */
  cancel(user: string, reference: OrderReference, reason: string): Promise<Order> {
    const operator: Actor = { kind: 'operator', user };
    return this.writer.onOrder(reference, operator, (locked) => {
      refuseUnlessSuspended(locked.order);
      const metadata = { cause: 'operator_cancel', lock_id: locked.order.lock_id, reason };
      locked.setNotes(reason);
      endLock(locked, 'cancelled', operator, metadata);
      return locked.order;
    });
  }

  /** The order once everything is written that fell due while it was frozen. */
  private settled(reference: OrderReference, operator: Actor): Promise<Order> {
    return this.writer.onOrder(reference, operator, ({ order }) => order);
  }
}

function refuseUnlessSuspended(order: Order): void {
  refuseFinal(order);
  if (order.status !== 'suspended') {
    throw new TradingError('INVALID_PARAMETER', `the order is not suspended; its status is ${order.status}`);
  }
}

/** Nothing goes from suspended to expired: what is past its deadline gets there by way of pending. */
function statusAfterSuspension({ order, openRequest, now }: LockedOrder): 'locked' | 'pending' | 'cancelled' {
  const lockEnd = order.lock_expires_at;
  if (!lockEnd) return 'pending';
  if (lockEnd > now) return 'locked';
  return statusAfterRelease(order, openRequest !== null, lockEnd) === 'cancelled' ? 'cancelled' : 'pending';
}

function endLock(
  locked: LockedOrder,
  to: 'pending' | 'cancelled',
  actor: Actor,
  metadata: Record<string, unknown>,
): void {
  if (locked.openRequest) locked.endRequest({ status: 'accepted', resolved_by: 'lock_expiry' }, actor);
  locked.release(to, actor, metadata);
}
