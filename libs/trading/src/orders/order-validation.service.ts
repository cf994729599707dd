import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { SETTINGS, type Settings } from '#config';
import { databaseNow } from '#database';
import { Repository } from 'typeorm';
import type { Hex } from 'viem';
import { type FundsCheck, MakerFundsService } from '../chain/maker-funds.service.js';
import { WalletSignatures } from '../chain/wallet-signatures.service.js';
import { ChainAwayError } from '../trading-error.js';
import { orderHash, type SignedTerms, wrongSignature } from './order-signature.js';
import { deadlinePassed, isFinal } from './order-status.js';
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
    @InjectRepository(Order) private readonly orders: Repository<Order>,
    private readonly makerFunds: MakerFundsService,
    private readonly signatures: WalletSignatures,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  async validate(terms: SignedTerms, signature: string): Promise<OrderValidation> {
    refuseUnpayable(terms);
    const { maker, nonce, deadline } = terms;
    const hash = orderHash(this.settings, terms);
    const [fault, now, nonceUser, funds] = await Promise.all([
      this.faultOf(terms, hash, signature),
      databaseNow(this.orders.manager),
      this.orders.findOneBy({ maker, nonce }),
      this.makerFunds.check(terms),
    ]);
    // a placed order has used its own nonce, and has no other place to be found
    const placed = nonceUser?.order_hash === hash ? nonceUser : null;
    const nonceValid = nonceUser === placed;
    const notExpired = !deadlinePassed(terms, now);

    const errors: string[] = [];
    if (fault !== null) errors.push(wrongSignature(this.settings, hash, fault));
    if (!nonceValid) errors.push(`nonce ${nonce} was used for another order of this maker`);
    if (!notExpired) errors.push(`the order's deadline ${deadline} (Unix seconds) has passed`);
    if (placed && !mayBeTraded(placed)) errors.push(`the order is ${placed.status}`);
    errors.push(...funds.errors);
    return { ...funds, orderHash: hash, signatureValid: fault === null, nonceValid, notExpired, errors };
  }

  /** What the chain does not tell speaks against the order, too. */
  private async faultOf({ maker }: SignedTerms, hash: Hex, signature: string): Promise<string | null> {
    try {
      return (await this.signatures.check(maker, hash, signature)).fault;
    } catch (error) {
      if (error instanceof ChainAwayError) return `cannot be checked (${error.message})`;
      throw error;
    }
  }
}

/** Whoever holds the lock: it may be the caller, or give the order back. */
function mayBeTraded({ status }: Order): boolean {
  return status !== 'suspended' && !isFinal(status);
}
