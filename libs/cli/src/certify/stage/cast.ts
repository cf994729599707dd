import {
  connectMaker,
  type Data,
  LockstepError,
  type Maker,
  type NewOrder,
  persist,
  type Session,
  settlementOf,
} from '#client';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import type { Tape } from '../runner/tape.js';
import { type Patiently, PlayedOrder } from './played-order.js';

/** Wallets that place orders in turn: one alone may place as many a minute as the service allows. */
const WALLETS = 4;
/** That the sandbox's makers trade, too. */
const TICKERS = ['AAPL', 'MSFT', 'NVDA', 'TSLA'];
const ASSET = '0x55d398326f99059ff775485246999027b3197955';
const INCENTIVE = '500000000000000000';
const PRICE = '182500000000000000000';
/** No simulated taker acts on quantities with another digit than 0 behind the first. */
const QUANTITY = 111;
const QUANTITIES = 800;
/** How long the service may be too busy for a maker, or away. */
const PATIENCE_MS = 60_000;
/** The service's code for an order that is placed a second time, when the answer to the first was lost. */
const NONCE_ALREADY_USED = 409006;
/** Beyond the least that the service asks for. */
const SPARE_VALIDITY_S = 3_600;

/** The makers, fresh wallets that speak to the service directly. */
export class Cast {
  readonly orders: PlayedOrder[] = [];
  private readonly byHash = new Map<string, PlayedOrder>();
  private sessions: Session[] = [];
  private makers: Maker[] = [];
  private readonly nonces: number[] = [];
  private turn = 0;
  private readonly patiently: Patiently = (call) =>
    persist(call, { patienceMs: PATIENCE_MS, signal: this.signal });

  constructor(
    private readonly url: string,
    private readonly config: Data<'getConfig'>,
    private readonly tape: Tape,
    private readonly signal: AbortSignal,
  ) {}

  async enter(): Promise<void> {
    const settlement = settlementOf(this.config);
    this.makers = await Promise.all(
      Array.from({ length: WALLETS }, () =>
        connectMaker({ url: this.url, account: privateKeyToAccount(generatePrivateKey()), ...settlement }),
      ),
    );
    this.sessions = await Promise.all(
      this.makers.map((maker) =>
        maker.listen({
          onOrderStatusChange: (change) => this.find(change.order_hash)?.hearChange(change),
          onCancellationUpdate: (update) => this.find(update.order_hash)?.hearUpdate(update),
          onProblem: () => {}, // it is connected again
          signal: this.signal,
        }),
      ),
    );
  }

  find(orderHash: string): PlayedOrder | undefined {
    return this.byHash.get(orderHash);
  }

  /** Signs an order and places it; `known` hears of it before the service does. */
  async place(known: (hash: string) => void): Promise<PlayedOrder> {
    const turn = this.turn++;
    const at = turn % WALLETS;
    const maker = this.makers[at]!;
    const nonce = (this.nonces[at] = (this.nonces[at] ?? -1) + 1);
    const order = { ...this.terms(turn), nonce, principal: maker.address, exchange: 0 };
    const hash = maker.hash({ maker: maker.address, ...order });
    const played = new PlayedOrder(hash, maker, this.tape, this.patiently);
    this.byHash.set(hash, played);
    this.orders.push(played);
    known(hash);
    this.tape.write({
      from: 'maker',
      to: 'service',
      label: 'places an order',
      fault: false,
      order: hash,
      body: null,
    });
    await this.patiently(() => maker.place(order)).catch((error: unknown) => {
      if (!(error instanceof LockstepError) || error.code !== NONCE_ALREADY_USED) throw error;
    });
    return played;
  }

  /** Cancels what nobody has locked, and goes. */
  async leave(): Promise<void> {
    const left = this.orders.filter(({ lock, askedAt }) => !lock && askedAt === undefined);
    await Promise.allSettled(left.map((order) => order.ask()));
    await Promise.all(this.sessions.map((session) => session.close()));
  }

  private terms(turn: number): NewOrder {
    const quantity = QUANTITY + (turn % QUANTITIES);
    return {
      is_buy: turn % 2 === 0,
      ticker: TICKERS[turn % TICKERS.length]!,
      quantity: String(quantity % 10 === 0 ? quantity + 1 : quantity),
      price: PRICE,
      incentive: INCENTIVE,
      asset: ASSET,
      deadline: Math.floor(Date.now() / 1000) + this.config.order_min_validity_seconds + SPARE_VALIDITY_S,
    };
  }
}
