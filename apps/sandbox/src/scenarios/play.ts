import { EventEmitter, once } from 'node:events';
import {
  type CancellationUpdate,
  connectMaker,
  LockstepError,
  type Maker,
  type OrderStatusChange,
  type OrderView,
  settlementOf,
} from '#client';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { type Installation, newOrder } from '../installation.js';
import type { Pace } from '../pace.js';

/** A scenario cannot be played to its end; the message says why, for a person. */
export class ScenarioFailure extends Error {}

/** What was said of an order, in plain words. */
export type Note = (text: string, orderHash?: string) => void;

/** What the maker was pushed: an order's new status, or that of its request. */
interface Heard {
  orderHash: string;
  what: OrderStatusChange['to_status'] | `request ${CancellationUpdate['status']}`;
  taker?: string | null;
}

/** How a request to cancel ended: `too late` where the order had ended before, `alone` where nobody held it any more. */
export type Outcome = 'accepted' | 'rejected' | 'timed_out' | 'too late' | 'alone';

export const ANSWERS = ['request accepted', 'request rejected'] as const;
export const ENDS = ['filled', 'partially_filled', 'cancelled', 'rejected', 'expired'] as const;

const ORDER_FINAL = 409005;
const TOO_MANY_REQUESTS = 429;

/** A maker with a wallet of its own, who plays one scenario towards a taker's bot and tells what happens. */
export class Play {
  private readonly heard: Heard[] = [];
  private readonly bell = new EventEmitter().setMaxListeners(0);
  private readonly orders: OrderView[] = [];
  private nextNonce = 0;

  private constructor(
    private readonly installation: Installation,
    readonly pace: Pace,
    private readonly botAddress: string,
    private readonly maker: Maker,
    readonly note: Note,
  ) {}

  /** Plays with a maker that is there for as long as that takes. */
  static async withMaker(
    { installation, pace, botAddress }: { installation: Installation; pace: Pace; botAddress: string },
    note: Note,
    scene: (play: Play) => Promise<void>,
  ): Promise<void> {
    const { url, config } = installation;
    const account = privateKeyToAccount(generatePrivateKey());
    const maker = await connectMaker({ url, account, ...settlementOf(config) });
    const play = new Play(installation, pace, botAddress, maker, note);
    const session = await maker.listen({
      onOrderStatusChange: (change) => play.hearChange(change),
      onCancellationUpdate: (update) => play.hearUpdate(update),
      onProblem: () => {}, // it is connected again
      signal: pace.signal,
    });
    try {
      await scene(play);
    } finally {
      await play.takeBack();
      await session.close();
    }
  }

  /** Places an order, and waits until the bot has locked it. */
  async lockedOrder(): Promise<OrderView> {
    const { address } = this.maker;
    const terms = { maker: address, principal: address, exchange: 0, ...newOrder(this.installation) };
    const order = { ...terms, nonce: this.nextNonce++ };
    const trade = `${order.is_buy ? 'buy' : 'sell'} ${order.quantity} ${order.ticker}`;
    this.note(`The maker places an order: ${trade}`, this.maker.hash(order));
    const placed = await this.maker.place(order);
    this.orders.push(placed);
    const { taker } = await this.hear(placed, ['locked'], 'the bot to lock it');
    if (taker === this.botAddress) return placed;
    throw new ScenarioFailure(`${taker} locked the order before ${this.botAddress} did`);
  }

  /** Asks to cancel, and waits for what comes of it. */
  async ask(order: OrderView): Promise<Outcome> {
    const since = this.heard.length;
    const settled = await this.cancel(order);
    if (settled) return settled;
    const timeoutMs = this.installation.config.cancellation_timeout_seconds * 1000;
    const { what } = await this.hear(order, [...ANSWERS, 'request timed_out'], 'an answer, or its time-out', {
      since,
      patienceMs: timeoutMs + this.pace.patienceMs,
    });
    return what.slice('request '.length) as Outcome;
  }

  /** Undefined when the taker is asked. */
  private async cancel({ id, order_hash }: OrderView): Promise<Outcome | undefined> {
    for (;;) {
      try {
        this.note('The maker asks to cancel', order_hash);
        const { success } = await this.maker.cancel(id);
        return success ? 'alone' : undefined;
      } catch (error) {
        if (!(error instanceof LockstepError)) throw error;
        const { status, code, details, retryAfterSeconds = 1 } = error;
        if (status !== TOO_MANY_REQUESTS && code !== ORDER_FINAL) throw error;
        this.note(`It is told: ${details}`, order_hash);
        if (code === ORDER_FINAL) return 'too late';
        await this.pace.wait(retryAfterSeconds * 1000);
      }
    }
  }

  /** Waits for the first of some pushes about an order. */
  async hear(
    { order_hash }: OrderView,
    wanted: readonly Heard['what'][],
    hope: string,
    { since = 0, patienceMs = this.pace.patienceMs } = {},
  ): Promise<Heard> {
    const woken = AbortSignal.any([this.pace.signal, AbortSignal.timeout(patienceMs)]);
    for (;;) {
      const found = this.heard
        .slice(since)
        .find(({ orderHash, what }) => orderHash === order_hash && wanted.includes(what));
      if (found) return found;
      this.pace.signal.throwIfAborted();
      if (woken.aborted) {
        throw new ScenarioFailure(`waited ${Math.round(patienceMs / 1000)} s in vain for ${hope}`);
      }
      await once(this.bell, 'heard', { signal: woken }).catch(() => undefined);
    }
  }

  private hearChange({ order_hash, from_status, to_status, taker }: OrderStatusChange): void {
    if (from_status !== null && from_status !== to_status) {
      const who = to_status === 'locked' && from_status === 'pending' ? ` by ${taker}` : '';
      this.note(`The order went from ${from_status} to ${to_status}${who}`, order_hash);
    }
    this.keep({ orderHash: order_hash, what: to_status, taker });
  }

  private hearUpdate({ order_hash, status, resolved_by, late, message }: CancellationUpdate): void {
    if (status === 'timed_out') this.note('Nobody answered in time: the order stays locked', order_hash);
    else if (status !== 'requested') {
      const how = resolved_by === 'answer' ? `${late ? 'late, ' : ''}“${message}”` : `by ${resolved_by}`;
      this.note(`The request was ${status}: ${how}`, order_hash);
    }
    this.keep({ orderHash: order_hash, what: `request ${status}` });
  }

  private keep(heard: Heard): void {
    this.heard.push(heard);
    this.bell.emit('heard');
  }

  /** Cancels the orders that nobody has taken; at the end of the sandbox they stay, until their deadline. */
  private async takeBack(): Promise<void> {
    if (this.pace.signal.aborted) return;
    const latest = (hash: string) =>
      this.heard.findLast(({ orderHash, what }) => orderHash === hash && !what.startsWith('request'));
    const left = this.orders.filter(
      ({ order_hash }) => (latest(order_hash)?.what ?? 'pending') === 'pending',
    );
    // one that is taken at this moment stays with its taker
    await Promise.allSettled(left.map(({ id }) => this.maker.cancel(id)));
  }
}
