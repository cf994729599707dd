import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '#config';
import { type TakerCaller, takerActor } from '../takers/taker-caller.js';
import { TradingError } from '../trading-error.js';
import { statusAfterRelease } from './due-steps.js';
import type { Lock } from './order-transaction.js';
import { OrderTransactions } from './order-transactions.js';
import type { Order } from './order.entity.js';
import {
  HELD_BY_ANOTHER,
  refuseExpired,
  refuseFinal,
  refuseForeignAddress,
  refuseSuspended,
  refuseUnlessHolder,
} from './refusals.js';

/** Taking an order to trade it, and giving it back or turning it down. */
@Injectable()
export class LockService {
  constructor(
    private readonly orders: OrderTransactions,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Locks a pending order for a taker's address. A lock that the address holds already stays as it is. */
  async lock(
    taker: TakerCaller,
    orderHash: string,
    address: string,
    durationSeconds?: number,
  ): Promise<Lock> {
    refuseForeignAddress(taker, address);
    const seconds = durationSeconds ?? this.settings.LOCK_TTL_SECONDS;
    const actor = takerActor(taker);
    return this.orders.onOrder({ order_hash: orderHash }, actor, (tx) => {
      const { order, now } = tx;
      refuseSuspended(order);
      if (order.status === 'locked' && order.locked_by === address) return order as Lock;
      refuseUnlessPending(order);
      const lock = {
        lock_id: randomUUID(),
        locked_by: address,
        locked_taker_id: taker.takerId,
        locked_at: now,
        lock_expires_at: new Date(now.getTime() + seconds * 1000),
      };
      tx.lock(lock, actor);
      return lock;
    });
  }

  /** Gives an order back. While a cancellation request is open, that is the taker's consent to it. */
  async unlock(taker: TakerCaller, orderHash: string): Promise<void> {
    const actor = takerActor(taker);
    await this.orders.onOrder({ order_hash: orderHash }, actor, (tx) => {
      const { order } = tx;
      refuseSuspended(order);
      refuseUnlessHolder(order, order.locked_taker_id === taker.takerId);
      const to = statusAfterRelease(order, tx.openRequest !== null, tx.now);
      if (tx.openRequest) tx.resolveRequest({ status: 'accepted', resolved_by: 'unlock' }, actor);
      tx.release(to, actor, { cause: 'unlock', lock_id: order.lock_id });
    });
  }

  /** Turns a locked order down for good. While a cancellation request is open, that is the taker's consent to it. */
  async reject(taker: TakerCaller, orderHash: string, reason: string): Promise<void> {
    const actor = takerActor(taker);
    await this.orders.onOrder({ order_hash: orderHash }, actor, (tx) => {
      const { order } = tx;
      refuseSuspended(order);
      refuseUnlessHolder(order, order.locked_taker_id === taker.takerId);
      if (tx.openRequest) tx.resolveRequest({ status: 'accepted', resolved_by: 'reject' }, actor);
      tx.setNotes(reason);
      tx.release('rejected', actor, { cause: 'reject', lock_id: order.lock_id, reason });
    });
  }
}

function refuseUnlessPending(order: Order): void {
  if (order.status === 'locked') {
    throw new TradingError('ORDER_ALREADY_LOCKED', HELD_BY_ANOTHER);
  }
  refuseExpired(order, order.status === 'expired');
  refuseFinal(order);
}
