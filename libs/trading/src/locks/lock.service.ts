import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '#config';
import type { Actor } from '#events';
import { AccountLimits, tooMany } from '../order-writing/account-limits.service.js';
import { OrderWriter } from '../order-writing/order-writer.js';
import { OrderRepository } from '../order-writing/order.repository.js';
import type { Lock, LockedOrder } from '../orders/locked-order.js';
import { statusAfterRelease } from '../orders/order-status.js';
import type { Order } from '../orders/order.entity.js';
import {
  HELD_BY_ANOTHER,
  refuseExpired,
  refuseFinal,
  refuseForeignAddress,
  refuseSuspended,
  refuseUnlessHolder,
} from '../orders/refusals.js';
import { secondsAfter } from '../seconds-after.js';
import { type TakerCaller, takerActor } from '../takers/taker-caller.js';
import { TradingError } from '../trading-error.js';

/** How a taker would like to hold an order. */
export interface LockWish {
  /** May be left out where the taker has one. */
  address?: string;
  /** For so long; LOCK_TTL_SECONDS when left out. */
  seconds?: number;
}

/** Taking an order to trade it, and giving it back or turning it down. */
@Injectable()
export class LockService {
  constructor(
    private readonly writer: OrderWriter,
    private readonly rows: OrderRepository,
    private readonly limits: AccountLimits,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Locks a pending order for a taker's address. Of a lock that the address holds already, only the end may change. */
  async lock(taker: TakerCaller, orderHash: string, wish: LockWish): Promise<Lock> {
    const address = wish.address ?? onlyAddressOf(taker);
    refuseForeignAddress(taker, address);
    this.refuseTooLong(wish.seconds);
    const actor = takerActor(taker);
    return this.limits.within(
      taker.takerId,
      (earlier) => this.refusalOfLock(taker, earlier),
      (refusal) =>
        this.writer.onOrder({ order_hash: orderHash }, actor, (locked) => {
          const { order } = locked;
          refuseSuspended(order);
          if (order.status === 'locked' && order.locked_by === address) {
            if (wish.seconds !== undefined) this.extend(locked, wish.seconds, actor);
            return order as Lock;
          }
          refuseUnlessPending(order);
          if (refusal) throw refusal;
          const lock = this.newLock(locked, taker, address, wish.seconds);
          locked.lock(lock, actor);
          return lock;
        }),
    );
  }

  /** Gives an order back. While a cancellation request is open, that is the taker's consent to it. */
  async unlock(taker: TakerCaller, orderHash: string): Promise<void> {
    const actor = takerActor(taker);
    await this.writer.onOrder({ order_hash: orderHash }, actor, (locked) => {
      const { order } = locked;
      refuseSuspended(order);
      refuseUnlessHolder(order, order.locked_taker_id === taker.takerId);
      const to = statusAfterRelease(order, locked.openRequest !== null, locked.now);
      if (locked.openRequest) locked.endRequest({ status: 'accepted', resolved_by: 'unlock' }, actor);
      locked.release(to, actor, { cause: 'unlock', lock_id: order.lock_id });
    });
  }

  /** Turns a locked order down for good. While a cancellation request is open, that is the taker's consent to it. */
  async reject(taker: TakerCaller, orderHash: string, reason: string): Promise<void> {
    const actor = takerActor(taker);
    await this.writer.onOrder({ order_hash: orderHash }, actor, (locked) => {
      const { order } = locked;
      refuseSuspended(order);
      refuseUnlessHolder(order, order.locked_taker_id === taker.takerId);
      if (locked.openRequest) locked.endRequest({ status: 'accepted', resolved_by: 'reject' }, actor);
      locked.setNotes(reason);
      locked.release('rejected', actor, { cause: 'reject', lock_id: order.lock_id, reason });
    });
  }

  private newLock({ now }: LockedOrder, taker: TakerCaller, address: string, seconds?: number): Lock {
    return {
      lock_id: randomUUID(),
      locked_by: address,
      locked_taker_id: taker.takerId,
      locked_at: now,
      lock_expires_at: secondsAfter(now, seconds ?? this.settings.LOCK_TTL_SECONDS),
    };
  }

  /** Never to an earlier end: what the taker was promised stays. */
  private extend(locked: LockedOrder, seconds: number, actor: Actor): void {
    const { locked_at, lock_expires_at } = locked.order as Lock;
    const wished = secondsAfter(locked.now, seconds);
    const last = secondsAfter(locked_at, this.settings.LOCK_MAX_SECONDS);
    const end = wished < last ? wished : last;
    if (end > lock_expires_at) locked.extend(end, actor);
  }

  private refuseTooLong(seconds: number | undefined): void {
    const { LOCK_MAX_SECONDS } = this.settings;
    if (seconds !== undefined && seconds > LOCK_MAX_SECONDS) {
      throw new TradingError(
        'INVALID_PARAMETER',
        `lock_duration must be a whole number from 1 to ${LOCK_MAX_SECONDS}`,
      );
    }
  }

  private async refusalOfLock({ takerId }: TakerCaller, earlier: number): Promise<TradingError | undefined> {
    const { MAX_LOCKS_PER_TAKER: max } = this.settings;
    if (max === 0) return undefined;
    const locks = await this.rows.countLocks(takerId, max);
    return locks + earlier < max ? undefined : tooMany(`a taker may hold ${max} orders at a time`);
  }
}

function onlyAddressOf({ addresses }: TakerCaller): string {
  if (addresses.length === 1) return addresses[0]!;
  throw new TradingError(
    'INVALID_PARAMETER',
    `taker_address is required: this API key's taker has ${addresses.length} addresses`,
  );
}

function refuseUnlessPending(order: Order): void {
  if (order.status === 'locked') {
    throw new TradingError('ORDER_ALREADY_LOCKED', HELD_BY_ANOTHER);
  }
  refuseExpired(order, order.status === 'expired');
  refuseFinal(order);
}
