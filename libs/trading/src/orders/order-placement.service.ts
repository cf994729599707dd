import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { SETTINGS, type Settings } from '#config';
import { newId, Transaction, violatesUnique } from '#database';
import { CommitSignal, type NewOrderEvent, OrderEventRepository } from '#events';
import { DataSource } from 'typeorm';
import { WalletSignatures } from '../chain/wallet-signatures.service.js';
import { makerActor, type MakerCaller } from '../makers/maker-caller.js';
import { ChangeMetrics } from '../metrics/change-metrics.js';
import { AccountLimits, tooMany } from '../order-writing/account-limits.service.js';
import { OrderRepository } from '../order-writing/order.repository.js';
import { TradingError } from '../trading-error.js';
import { orderHash, type SignedTerms, wrongSignature } from './order-signature.js';
import { Order } from './order.entity.js';
import { refuseUnpayable } from './refusals.js';

/** Makers compute the deadline before they sign. */
export const DEADLINE_TOLERANCE_SECONDS = 5 * 60;

/** Takes in the orders that makers sign. */
@Injectable()
export class OrderPlacementService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly orders: OrderRepository,
    private readonly events: OrderEventRepository,
    private readonly commits: CommitSignal,
    private readonly metrics: ChangeMetrics,
    private readonly limits: AccountLimits,
    private readonly signatures: WalletSignatures,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Checks and records an order of the wallet that is logged in. */
  async place(maker: MakerCaller, terms: SignedTerms, given: string): Promise<Order> {
    if (terms.maker !== maker.wallet) {
      throw new TradingError(
        'INVALID_PARAMETER',
        `order.maker must be the wallet that is logged in, ${maker.wallet}`,
      );
    }
    refuseUnpayable(terms);
    const hash = orderHash(this.settings, terms);
    const { signature, fault } = await this.signatures.check(terms.maker, hash, given);
    if (fault !== null) {
      throw new TradingError('INVALID_PARAMETER', wrongSignature(this.settings, hash, fault));
    }
    const order = await this.limits.within(
      maker.wallet,
      (earlier) => this.refusalOfOrder(maker, earlier),
      (refusal) => {
        if (refusal) throw refusal;
        return this.record(maker, terms, hash, signature);
      },
    );
    this.metrics.count({ events: [creationOf(order, maker)], request: null });
    this.commits.poke();
    return order;
  }

  /** The smallest nonce above all that this maker has used. */
  async nextNonce(maker: string): Promise<number> {
    const highest = await this.orders.maximum('nonce', { maker });
    return highest === null ? 0 : Number(highest) + 1;
  }

  private async refusalOfOrder({ wallet }: MakerCaller, earlier: number): Promise<TradingError | undefined> {
    const { MAX_OPEN_ORDERS_PER_MAKER: maxOpen, ORDERS_PER_MINUTE_PER_MAKER: maxRecent } = this.settings;
    if (maxOpen === 0 && maxRecent === 0) return undefined;
    const { open, recent, seconds } = await this.orders.loadOf(wallet, maxOpen, maxRecent);
    if (maxOpen > 0 && open + earlier >= maxOpen) return tooMany(`a maker may have ${maxOpen} open orders`);
    if (maxRecent > 0 && recent + earlier >= maxRecent) {
      return tooMany(`a maker may place ${maxRecent} orders a minute`, seconds);
    }
    return undefined;
  }

  private async record(
    maker: MakerCaller,
    terms: SignedTerms,
    hash: string,
    signature: string,
  ): Promise<Order> {
    try {
      return await Transaction.run(
        this.dataSource,
        async (database) => {
          const now = await database.now();
          this.requireValidity(terms.deadline, now);
          const order = newOrder(terms, hash, signature, now);
          await database.commit([this.orders.add(order), this.events.add([creationOf(order, maker)])]);
          return order;
        },
        maker.span?.begin('transaction'),
      );
    } catch (error) {
      if (violatesUnique(error, 'orders_nonce_once') || violatesUnique(error, 'orders_order_hash_key')) {
        throw new TradingError(
          'NONCE_ALREADY_USED',
          `nonce ${terms.nonce} was used before; GET /api/v1/orders/${hash} shows whether for this very order`,
        );
      }
      throw error;
    }
  }

  private requireValidity(deadline: number, now: Date): void {
    const hours = this.settings.ORDER_MIN_VALIDITY_HOURS;
    const next = Math.ceil(now.getTime() / 1000);
    const earliest = next + Math.max(hours * 3600 - DEADLINE_TOLERANCE_SECONDS, 0);
    if (deadline < earliest) {
      throw new TradingError(
        'INVALID_PARAMETER',
        `order.deadline must lie at least ${hours} hours ahead, with ${DEADLINE_TOLERANCE_SECONDS} seconds of tolerance: ` +
          `${earliest} (Unix seconds) or later`,
      );
    }
  }
}

function newOrder(terms: SignedTerms, hash: string, signature: string, now: Date): Order {
  return Object.assign(new Order(), {
    ...terms,
    id: newId(),
    order_hash: hash,
    signature,
    status: 'pending',
    filled_quantity: '0',
    version: 1,
    lock_id: null,
    locked_by: null,
    locked_taker_id: null,
    locked_at: null,
    lock_expires_at: null,
    notes: null,
    created_at: now,
    updated_at: now,
  });
}

function creationOf(order: Order, maker: MakerCaller): NewOrderEvent {
  return {
    type: 'order_status_change',
    order_id: order.id,
    order_hash: order.order_hash,
    version: order.version,
    from_status: null,
    to_status: order.status,
    request_id: null,
    maker: order.maker,
    taker_id: null,
    actor: makerActor(maker),
    payload: {},
    created_at: order.created_at,
  };
}
