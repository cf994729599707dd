import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '#config';
import type { Actor } from '#events';
import { makerActor, type MakerCaller } from '../makers/maker-caller.js';
import { OrderWriter } from '../order-writing/order-writer.js';
import type { LockedOrder } from '../orders/locked-order.js';
import { statusAfterRelease } from '../orders/order-status.js';
import type { Order, OrderReference } from '../orders/order.entity.js';
import {
  orderNotFound,
  refuseFinal,
  refuseForeignAddress,
  refuseSuspended,
  refuseUnlessHolder,
} from '../orders/refusals.js';
import { type TakerCaller, takerActor } from '../takers/taker-caller.js';
import { TradingError } from '../trading-error.js';
import type { CancellationAnswer } from './cancellation-answer.js';
import { type CancellationRequest, isOpen } from './cancellation-request.entity.js';

/** What became of a maker's wish to cancel: done, or put to the taker that holds the order. */
export type CancelOutcome = { order: Order; request: CancellationRequest | null };

/** The handshake: a maker asks to cancel, the taker that holds the order decides. */
@Injectable()
export class CancellationService {
  constructor(
    private readonly writer: OrderWriter,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Cancels a pending order at once; of a locked one, asks its taker (again, when the last request timed out). */
  async cancel(maker: MakerCaller, reference: OrderReference, reason: string): Promise<CancelOutcome> {
    const actor = makerActor(maker);
    return this.writer.onOrder(reference, actor, (locked) => {
      const { order } = locked;
      if (order.maker !== maker.wallet) throw orderNotFound(reference);
      refuseSuspended(order);
      refuseFinal(order);
      if (order.status === 'pending') {
        locked.release('cancelled', actor, { cause: 'cancel', reason });
        return { order, request: null };
      }
      if (locked.openRequest?.status === 'requested') return { order, request: locked.openRequest };
      if (!locked.openRequest) this.refuseWhileCooling(locked);
      return { order, request: locked.ask(reason, this.settings.CANCELLATION_TIMEOUT_SECONDS, actor) };
    });
  }

  /** A maker that is refused cannot ask in a loop. */
  private refuseWhileCooling({ refusedAt, now }: LockedOrder): void {
    if (!refusedAt) return;
    const cooled = refusedAt.getTime() + this.settings.CANCELLATION_COOLDOWN_SECONDS * 1000;
    const seconds = Math.ceil((cooled - now.getTime()) / 1000);
    if (seconds <= 0) return;
    throw new TradingError(
      'TOO_MANY_REQUESTS',
      `the taker refused at ${refusedAt.toISOString()}; it may be asked again in ${seconds} s`,
      seconds,
    );
  }

  /** Records a taker's answer. The same again to the same request is answered the same and changes nothing. */
  async answer(taker: TakerCaller, answer: CancellationAnswer): Promise<void> {
    refuseForeignAddress(taker, answer.takerAddress);
    const actor = takerActor(taker);
    const reference = { order_hash: answer.orderHash, request_id: answer.requestId };
    await this.writer.onOrder(reference, actor, (locked) => {
      refuseSuspended(locked.order);
      const request = locked.requestTo(answer.takerAddress, answer.requestId);
      if (!request) throw noRequest(locked.order, answer);
      if (request.asked_in) taker.span?.link(request.asked_in);
      if (isOpen(request)) this.record(locked, answer, actor);
      else refuseDisagreement(locked.order, request, answer.cancel);
    });
  }

  private record(locked: LockedOrder, { cancel, message }: CancellationAnswer, actor: Actor): void {
    const status = cancel ? 'accepted' : 'rejected';
    locked.endRequest({ status, resolved_by: 'answer', message }, actor);
    if (!cancel) return;
    const { lock_id } = locked.order;
    locked.release(statusAfterRelease(locked.order, true, locked.now), actor, {
      cause: 'cancellation_accepted',
      lock_id,
    });
  }
}

function noRequest(order: Order, { takerAddress, requestId }: CancellationAnswer): TradingError {
  if (requestId !== undefined) {
    return new TradingError(
      'NO_CANCELLATION_REQUESTED',
      `request_id ${requestId} names no cancellation request to ${takerAddress} on this order`,
    );
  }
  refuseUnlessHolder(order, order.locked_by === takerAddress);
  return new TradingError('NO_CANCELLATION_REQUESTED', 'the maker has not asked to cancel this order');
}

/** An answer to a request that has ended already is fine when it says the same, whoever or whatever ended it. */
function refuseDisagreement(order: Order, request: CancellationRequest, cancel: boolean): void {
  if ((request.status === 'accepted') === cancel) return;
  throw new TradingError(
    'CANCELLATION_ALREADY_ANSWERED',
    `the cancellation was ${request.status} by ${request.resolved_by} at ${request.resolved_at!.toISOString()}; ` +
      `the order is ${order.status} now`,
  );
}
