import {
  type CancellationUpdate,
  connectMaker,
  type Maker,
  type OrderStatus,
  type OrderStatusChange,
  settlementOf,
} from '#client';
import { privateKeyToAccount } from 'viem/accounts';
import { type Installation, newOrder } from './installation.js';
import type { Pace } from './pace.js';

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
  /** The requests that have timed out and were made again: each once. */
  private readonly askedAgain = new Set<string>();

  constructor(
    private readonly walletKeys: `0x${string}`[],
    private readonly installation: Installation,
    private readonly pace: Pace,
    private readonly report: (problem: unknown) => void,
  ) {}

  /** Until the end of the sandbox. */
  async play(ordersPerMinute: number): Promise<void> {
    if (ordersPerMinute === 0) return;
    const makers = await Promise.all(this.walletKeys.map((key) => this.enter(key)));
    for (let turn = 0; !this.pace.signal.aborted; turn += 1) {
      await this.place(makers[turn % makers.length]!).catch(this.report);
      await this.pace.wait(MINUTE_MS / ordersPerMinute);
    }
  }

  private async enter(key: `0x${string}`): Promise<Maker> {
    const { url, config } = this.installation;
    const maker = await connectMaker({ url, account: privateKeyToAccount(key), ...settlementOf(config) });
    await maker.listen({
      onOrderStatusChange: (change) => this.regret(maker, change),
      onCancellationUpdate: (update) => this.insist(maker, update),
      onProblem: this.report,
      signal: this.pace.signal,
    });
    return maker;
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
    await maker.cancel(order_hash);
  }

  private async insist(maker: Maker, { order_hash, request_id, status }: CancellationUpdate): Promise<void> {
    if (status !== 'timed_out' || this.askedAgain.delete(request_id)) return;
    this.askedAgain.add(request_id);
    await this.pace.steps(1);
    await maker.cancel(order_hash);
  }
}
