import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { SETTINGS, type Settings } from '#config';
import { databaseNow } from '#database';
import { DataSource } from 'typeorm';
import { type FundsCheck, MakerFundsService } from '../chain/maker-funds.service.js';
import { deadlinePassed } from './due-steps.js';
import { checkSignature, type SignedTerms, wrongSignature } from './order-signature.js';
import { isFinal } from './order-status.js';
import { Order } from './order.entity.js';
import { refuseUnpayable } from './refusals.js';

/** What speaks against trading a signed order; with no errors, nothing does. */
export interface OrderValidation extends FundsCheck {
  orderHash: string;
  signatureValid: boolean;
  nonceValid: boolean;
  notExpired: boolean;
}

/** Checks a signed order for a taker that means to trade it, placed here or not, and writes nothing. */
@Injectable()
export class OrderValidationService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly makerFunds: MakerFundsService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  async validate(terms: SignedTerms, signature: string): Promise<OrderValidation> {
    refuseUnpayable(terms);
    const { maker, nonce, deadline } = terms;
    const [{ hash, signedByMaker }, now, nonceUser, funds] = await Promise.all([
      checkSignature(this.settings, terms, signature),
      databaseNow(this.dataSource.manager),
      this.dataSource.getRepository(Order).findOneBy({ maker, nonce }),
      this.makerFunds.check(terms),
    ]);
    // a placed order has used its own nonce, and has no other place to be found
    const placed = nonceUser?.order_hash === hash ? nonceUser : null;
    const nonceValid = nonceUser === placed;
    const notExpired = !deadlinePassed(terms, now);

    const errors: string[] = [];
    if (!signedByMaker) errors.push(wrongSignature(hash));
    if (!nonceValid) errors.push(`nonce ${nonce} was used for another order of this maker`);
    if (!notExpired) errors.push(`the order's deadline ${deadline} (Unix seconds) has passed`);
    if (placed && !mayBeTraded(placed)) errors.push(`the order is ${placed.status}`);
    errors.push(...funds.errors);
    return { ...funds, orderHash: hash, signatureValid: signedByMaker, nonceValid, notExpired, errors };
  }
}

/** Whoever holds the lock: it may be the caller, or give the order back. */
function mayBeTraded({ status }: Order): boolean {
  return status !== 'suspended' && !isFinal(status);
}
