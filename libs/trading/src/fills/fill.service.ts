import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '#config';
import { newId } from '#database';
import { WalletSignatures } from '../chain/wallet-signatures.service.js';
import { OrderWriter } from '../order-writing/order-writer.js';
import type { LockedOrder } from '../orders/locked-order.js';
import { orderHash, type SignedTerms, wrongSignature } from '../orders/order-signature.js';
import { deadlinePassed } from '../orders/order-status.js';
import type { Order } from '../orders/order.entity.js';
import { refuseExpired, refuseSuspended, refuseUnlessHolder, UINT256_MAX } from '../orders/refusals.js';
import { type TakerCaller, takerActor } from '../takers/taker-caller.js';
import { TradingError } from '../trading-error.js';
import { Fill } from './fill.entity.js';

/** Lockstep takes no fee; the column is the contract's. */
const FEE_AMOUNT = '0';

/** A trade that a taker has done, as it reports it. */
export interface FillReport {
  terms: SignedTerms;
  signature: string;
  /** Whole units, as a decimal string. */
  fillQuantity: string;
  /** At most the order's incentive; 18 decimals, as a decimal string. */
  takerIncentive: string;
  txHash?: string;
  blockNumber?: number;
  referenceId?: string;
}

/** Closing a locked order by a trade. */
@Injectable()
export class FillService {
  constructor(
    private readonly writer: OrderWriter,
    private readonly signatures: WalletSignatures,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Records a fill of an order that the taker holds. The same fill again is answered the same and counts once. */
  async fill(taker: TakerCaller, report: FillReport): Promise<{ order: Order; fill: Fill }> {
    const hash = orderHash(this.settings, report.terms);
    const { fault } = this.signatures.checkKey(report.terms.maker, hash, report.signature);
    const actor = takerActor(taker);
    return this.writer.onOrder({ order_hash: hash }, actor, (locked) => {
      // that of a contract wallet was checked when the order was placed
      if (fault !== null && report.signature !== locked.order.signature) {
        throw new TradingError('INVALID_PARAMETER', wrongSignature(this.settings, hash, fault));
      }
      const known = locked.fillOfOrder;
      if (known && isSameFill(known, taker, report)) return { order: locked.order, fill: known };
      refuseUnfillable(locked, taker, report);
      const fill = newFill(locked, taker, report);
      locked.fill(fill, actor);
      return { order: locked.order, fill };
    });
  }
}

function isSameFill(fill: Fill, taker: TakerCaller, report: FillReport): boolean {
  return (
    fill.taker_id === taker.takerId &&
    fill.fill_quantity === report.fillQuantity &&
    fill.taker_incentive === report.takerIncentive
  );
}

function refuseUnfillable({ order, now }: LockedOrder, taker: TakerCaller, report: FillReport): void {
  refuseSuspended(order);
  refuseExpired(order, order.status === 'expired');
  refuseUnlessHolder(order, order.locked_taker_id === taker.takerId);
  refuseExpired(order, deadlinePassed(order, now));
  if (BigInt(report.fillQuantity) > BigInt(order.quantity)) {
    throw new TradingError(
      'QUANTITY_EXCEEDS_REMAINING',
      `fill_quantity ${report.fillQuantity} is above the remaining quantity, ${order.quantity}`,
    );
  }
  if (BigInt(report.takerIncentive) > BigInt(order.incentive)) {
    throw new TradingError(
      'INVALID_PARAMETER',
      `taker_incentive must not be above the order's incentive, ${order.incentive}`,
    );
  }
  if (BigInt(order.price) * BigInt(report.fillQuantity) > UINT256_MAX) {
    throw new TradingError('INVALID_PARAMETER', 'fill_quantity times the price must not be above 2^256-1');
  }
}

function newFill({ order, now }: LockedOrder, taker: TakerCaller, report: FillReport): Fill {
  return Object.assign(new Fill(), {
    id: newId(),
    order_id: order.id,
    taker_id: taker.takerId,
    taker_address: order.locked_by,
    fill_quantity: report.fillQuantity,
    fill_amount: String(BigInt(order.price) * BigInt(report.fillQuantity)),
    fee_amount: FEE_AMOUNT,
    incentive_amount: report.takerIncentive,
    taker_incentive: report.takerIncentive,
    status: report.fillQuantity === order.quantity ? 'filled' : 'partially_filled',
    tx_hash: report.txHash ?? null,
    block_number: report.blockNumber ?? null,
    reference_id: report.referenceId ?? null,
    created_at: now,
  });
}
