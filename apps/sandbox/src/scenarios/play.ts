import { EventEmitter, once, setMaxListeners } from 'node:events';
import {
  type CancellationUpdate,
  connectMaker,
  LockstepError,
  type Maker,
  type OrderStatusChange,
  type OrderTerms,
  type OrderView,
  persist,
  settlementOf,
  timeLimit,
} from '#client';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { type Installation, newOrder } from '../installation.js';
import type { Pace } from '../pace.js';

/** A scenario cannot be played to its end; the message says why, for a person. */
export class ScenarioFailure extends Error {}

export type PlacedOrder = Pick<OrderView, 'order_hash'>;

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
const NONCE_ALREADY_USED = 409006;
/** How long it may take, at the end, to ask for all orders back. */
const TAKE_BACK_MS = 5_000;

/** A maker with a wallet of its own, who plays one scenario towards a taker's bot and tells what happens. */
export class Play {
  private readonly heard: Heard[] = [];
  private readonly bell = new EventEmitter().setMaxListeners(0);
  /** The hashes of all orders, also of one whose placement was not answered. */
  private readonly orders: string[] = [];
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
    const maker = await pace.persist(() => connectMaker({ url, account, ...settlementOf(config) }), {
      patienceMs: pace.patienceMs,
    });
    const play = new Play(installation, pace, botAddress, maker, note);
    const presence = new AbortController();
    const patience = setTimeout(() => presence.abort(), pace.patienceMs);
    const session = await maker
      .listen({
        onOrderStatusChange: (change) => play.hearChange(change),
        onCancellationUpdate: (update) => play.hearUpdate(update),
        onProblem: () => {}, // it is connected again
        signal: AbortSignal.any([pace.signal, presence.signal]),
      })
      .finally(() => clearTimeout(patience));
    try {
      await scene(play);
    } finally {
      await play.takeBack();
      await session.close();
    }
  }

  /** Places an order, and waits until the bot has locked it. */
  async lockedOrder(): Promise<PlacedOrder> {
    const { address } = this.maker;
    const terms = { maker: address, principal: address, exchange: 0, ...newOrder(this.installation) };
    const order = { ...terms, nonce: this.nextNonce++ };
    const hash = this.maker.hash(order);
    const trade = `${order.is_buy ? 'buy' : 'sell'} ${order.quantity} ${order.ticker}`;
    this.note(`The maker places an order: ${trade}`, hash);
    this.orders.push(hash);
    const placed = await this.place(order, hash);
    const { taker } = await this.hear(placed, ['locked'], 'the bot to lock it');
    if (taker === this.botAddress) return placed;
    throw new ScenarioFailure(`${taker} locked the order before ${this.botAddress} did`);
  }

  private async place(order: OrderTerms, hash: string): Promise<PlacedOrder> {
    try {
      return await this.persist(() => this.maker.place(order));
    } catch (error) {
      // perhaps by this very order, when the answer to it was lost
      if (!(error instanceof LockstepError) || error.code !== NONCE_ALREADY_USED) throw error;
      return this.persist(() => this.maker.order(hash));
    }
  }

  /** Asks to cancel, and waits for what comes of it. */
  async ask(order: PlacedOrder): Promise<Outcome> {
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
  private async cancel({ order_hash }: PlacedOrder): Promise<Outcome | undefined> {
    const hear = (refusal: unknown): void => {
      const words = refusal instanceof LockstepError ? refusal.details : 'nothing';
      this.note(`It is told: ${words}`, order_hash);
    };
    const ask = (): Promise<{ success: boolean }> => {
      this.note('The maker asks to cancel', order_hash);
      return this.maker.cancel(order_hash);
    };
    try {
      const { success } = await this.persist(ask, hear);
      return success ? 'alone' : undefined;
    } catch (error) {
      if (!(error instanceof LockstepError) || error.code !== ORDER_FINAL) throw error;
      hear(error);
      return 'too late';
    }
  }

  private persist<T>(call: () => Promise<T>, onFailure?: (error: unknown) => void): Promise<T> {
    return this.pace.persist(call, { patienceMs: this.pace.patienceMs, onFailure });
  }

  /** Waits for the first of some pushes about an order. */
  async hear(
    { order_hash }: PlacedOrder,
    wanted: readonly Heard['what'][],
    hope: string,
    { since = 0, patienceMs = this.pace.patienceMs } = {},
  ): Promise<Heard> {
    const woken = AbortSignal.any([this.pace.signal, timeLimit(patienceMs)]);
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

  /**
   * Leaves nothing behind, at the end of the sandbox either: cancels what nobody has taken, and asks for what is locked, which is
   * then cancelled at its lock's end at the latest. What the taker has refused to give up is its to trade.
   */
  private async takeBack(): Promise<void> {
    const left = this.orders.filter((hash) => {
      const heard = this.heard.filter(({ orderHash }) => orderHash === hash).map(({ what }) => what);
      const status = heard.findLast((what) => !what.startsWith('request')) ?? 'pending';
      const isAsked = heard.some((what) => what.startsWith('request'));
      return status === 'pending' || (!isFinalStatus(status) && !isAsked);
    });
    const signal = AbortSignal.timeout(TAKE_BACK_MS);
    setMaxListeners(0, signal); // each order's call listens
    const how = { patienceMs: TAKE_BACK_MS, signal };
    await Promise.allSettled(left.map((hash) => persist(() => this.maker.cancel(hash), how)));
  }
}

const isFinalStatus = (status: Heard['what']): boolean => ENDS.some((end) => end === status);
