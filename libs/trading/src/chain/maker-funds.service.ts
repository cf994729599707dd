import { Inject, Injectable, Logger } from '@nestjs/common';
import { SETTINGS, type Settings } from '#config';
import type { SignedTerms } from '../orders/order-signature.js';
import { Chain } from './chain.service.js';
import type { Funds } from './token-reader.js';

/** What a maker holds of the order's asset, and what the settlement contract may take of it; null when unknown. */
export interface FundsCheck {
  balance: bigint | null;
  allowance: bigint | null;
  /** For a person, one for each failed check. */
  errors: string[];
}

/** Checks on the chain whether a maker can pay. */
@Injectable()
export class MakerFundsService {
  private readonly logger = new Logger(MakerFundsService.name);

  constructor(
    private readonly chain: Chain,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Never fails: what cannot be read is unknown, and an error says so. Without a chain nothing is checked. */
  async check(terms: SignedTerms): Promise<FundsCheck> {
    const { readers } = this.chain;
    if (!readers) return { balance: null, allowance: null, errors: [] };
    if (!this.settings.CHAIN_TOKENS.includes(terms.asset)) {
      return unknown(`order.asset ${terms.asset} is not a token that this service knows`);
    }
    try {
      const funds = await (await readers).tokens.read(terms);
      return { ...funds, errors: shortfalls(terms, funds) };
    } catch (error) {
      const reason = (error as Error).message;
      this.logger.warn(`the chain could not be read: ${reason}`);
      return unknown(reason);
    }
  }
}

function unknown(reason: string): FundsCheck {
  const error = `maker_balance and maker_allowance are unknown: ${reason}`;
  return { balance: null, allowance: null, errors: [error] };
}

/** The asset is what orders are paid in: a buyer needs it, a seller gets it. */
function shortfalls(terms: SignedTerms, funds: Funds): string[] {
  if (!terms.is_buy) return [];
  const due = BigInt(terms.price) * BigInt(terms.quantity) + BigInt(terms.incentive);
  return (['balance', 'allowance'] as const)
    .filter((name) => funds[name] < due)
    .map((name) => `maker_${name} ${funds[name]} is below price × quantity + incentive, ${due}`);
}
