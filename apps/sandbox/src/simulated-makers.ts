import {
  type CancellationUpdate,
  connectMaker,
  type Maker,
  type OrderStatus,
  type OrderStatusChange,
  type Session,
  settlementOf,
} from '#client';
import { privateKeyToAccount } from 'viem/accounts';
import { type Installation, newOrder } from './installation.js';
import type { Pace } from './pace.js';
import { stay } from './presence.js';

const MINUTE_MS = 60_000;
/** Of each wallet. No more come until a taker ends some, so that a sandbox can be left running. */
const MAX_OPEN_ORDERS = 7;
const OPEN: OrderStatus[] = ['pending', 'locked', 'suspended'];
/** One of so many locked orders is asked for back, the first one too. */
const ASKS_ONE_OF = 3;
/** After which it is asked for, in steps. */
const STEPS_TO_REGRET = 5;

/** Known wallets that place an order now and then, and would like to have some of them back. */
export class SimulatedMakers {
  private locks = 0;

  constructor(
    private readonly walletKeys: `0x${string}`[],
    private readonly installation: Installation,
    private readonly pace: Pace,
    private readonly report: (problem: unknown) => void,
  ) {}

  /** Until the end of the sandbox. The wallets take turns. */
  async play(ordersPerMinute: number): Promise<void> {
    if (ordersPerMinute === 0) return;
    const turnMs = MINUTE_MS / ordersPerMinute;
    const roundMs = turnMs * this.walletKeys.length;
    await Promise.all(
      this.walletKeys.map(async (key, turn) => {
        await this.pace.wait(turn * turnMs);
        await stay((after) => this.enter(key, roundMs, after), this.pace, this.report);
      }),
    );
  }

  private async enter(key: `0x${string}`, roundMs: number, after: string | undefined): Promise<Session> {
    const { url, config } = this.installation;
    const maker = await connectMaker({ url, account: privateKeyToAccount(key), ...settlementOf(config) });
    const session = await maker.listen({
      onOrderStatusChange: (change) => this.regret(maker, change),
      onCancellationUpdate: (update) => this.insist(maker, update),
      onProblem: this.report,
      after,
      signal: this.pace.signal,
    });
    this.placeOrders(maker, session, roundMs).catch(this.report);
    return session;
  }

  /** Until the end of the session. */
  private async placeOrders(maker: Maker, session: Session, roundMs: number): Promise<void> {
    const over = new AbortController();
    void session.ended.catch(() => {}).finally(() => over.abort());
    while (!over.signal.aborted) {
      await this.place(maker).catch(this.report);
      await this.pace.wait(roundMs);
    }
  }

  private async place(maker: Maker): Promise<void> {
    const { total } = await maker.orders({ status: OPEN, page_size: 1 });
    if (total < MAX_OPEN_ORDERS) await maker.place(newOrder(this.installation));
  }

  private async regret(
    maker: Maker,
    { order_hash, from_status, to_status }: OrderStatusChange,
  ): Promise<void> {
    // a lock that is extended, or that an operator gives back, is no new one
    if (to_status !== 'locked' || from_status !== 'pending') return;
    this.locks += 1;
    if (this.locks % ASKS_ONE_OF !== 1) return;
    await this.pace.steps(STEPS_TO_REGRET);
    await this.pace.persist(() => maker.cancel(order_hash));
  }

  private async insist(maker: Maker, { order_hash, status }: CancellationUpdate): Promise<void> {
    if (status !== 'timed_out') return;
    await this.pace.steps(1);
    const { cancellation } = await this.pace.persist(() => maker.order(order_hash));
    if (cancellation && !this.isAskedAgain(cancellation)) {
      await this.pace.persist(() => maker.cancel(order_hash));
    }
  }

  /** A request that is made again keeps the time of the first, and has a second time-out behind that. */
  private isAskedAgain({ requested_at, expires_at }: { requested_at: string; expires_at: string }): boolean {
    const timeoutMs = this.installation.config.cancellation_timeout_seconds * 1000;
    return Date.parse(expires_at) - Date.parse(requested_at) > 1.5 * timeoutMs;
  }
}
