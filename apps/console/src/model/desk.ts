import { computed, signal } from '@preact/signals';
import type { Access } from './access.js';
import { Api, type Call, CallFailure, wordsOf } from './api.js';
import { serviceTime } from './clock.js';
import { Feed, type Probe } from './feed.js';
import { firstFailure } from './first-failure.js';
import { checkClock, installation, meetInstallation } from './installation.js';
import { bounded } from './orders.js';
import { Reader, type Story } from './reader.js';
import { Refresh } from './refresh.js';
import { fillOf } from './told-calls.js';
import type { Message, Order, Push, Question } from './types.js';

/** Messages and calls: a page that is open for days must not grow. */
const KEPT_ENTRIES = 300;
/** The worker writes a time-out down within a second. */
const WRITTEN_DOWN_MS = 1_500;

const TYPES = {
  taker: 'order_status_change,cancellation_request,order_book_change',
  maker: 'order_status_change,cancellation_update',
};

export type Entry = Push | Call;

/** What the one who is signed in sees and can do: the state of the page. */
export class Desk {
  readonly orders = signal<ReadonlyMap<string, Order>>(new Map());
  /** What makers ask of a taker. */
  readonly open = signal<Question[]>([]);
  readonly entries = signal<Entry[]>([]);
  readonly selected = signal<string | undefined>(undefined);
  /** Of the selected order; null: the service does not show it. */
  readonly story = signal<Story | null | undefined>(undefined);
  readonly isLoaded = signal(false);
  readonly trouble = signal('');
  /** What a screen reader says. */
  readonly said = signal('');
  /** One that the taker has, where that is known: a key does not tell it, but what it held and was asked does. */
  readonly takerAddress = computed(() => {
    if (this.access.role === 'maker') return undefined;
    const held = [...this.orders.value.values()].find(({ locked_by }) => locked_by !== null);
    return this.access.address ?? this.open.value[0]?.taker_address ?? held?.locked_by ?? undefined;
  });
  readonly api: Api;
  readonly feed: Feed;
  private pushes = 0;
  private readonly reader: Reader;
  private readonly refresh = new Refresh({
    all: () => this.load(),
    orders: (hashes) => this.renew(hashes),
    callsMade: () => this.api.sent,
    callsPerSecond: () => installation.value?.limits.requests_per_second ?? 0,
  });

  constructor(readonly access: Access) {
    this.api = new Api(access, (call) => this.keep(call));
    this.reader = new Reader(this.api, access.role);
    this.feed = new Feed({
      url: this.socketUrl(),
      protocols: access.role === 'maker' ? ['jwt', access.token] : [],
      hear: (message) => this.hear(message),
      heartbeat: (timestamp) => void checkClock(timestamp).catch(() => {}), // the next one shows it again
      opened: () => this.refresh.askAll(),
      probe: () => this.probe(),
    });
  }

  get role(): Access['role'] {
    return this.access.role;
  }

  close(): void {
    this.feed.close();
    this.refresh.stop();
  }

  select(hash: string): void {
    if (this.selected.value !== hash) this.story.value = undefined;
    this.selected.value = hash;
    this.refresh.ask(hash);
  }

  /** An answer to the maker; rejects with what the service says to it. */
  async answer(question: Question, verdict: boolean, message: string): Promise<void> {
    const { order_hash, taker_address, request_id } = question;
    const body = { order_hash, taker_address, cancellation_success: verdict, message, request_id };
    await this.act('orders/cancel-result', body, order_hash);
    this.said.value = `Your answer is recorded: ${verdict ? 'yes, cancelled' : 'no, trading'}.`;
  }

  lock({ order_hash }: Order): Promise<void> {
    const taker_address = this.access.role === 'taker' ? this.access.address : undefined;
    return this.act('orders/lock', { order_hash, ...(taker_address && { taker_address }) }, order_hash);
  }

  unlock({ order_hash }: Order): Promise<void> {
    return this.act('orders/unlock', { order_hash }, order_hash);
  }

  fill(order: Order): Promise<void> {
    const trade = { fill_quantity: order.quantity, taker_incentive: '0' };
    return this.act('orders/fill', fillOf(order, trade), order.order_hash);
  }

  reject({ order_hash }: Order, reason: string): Promise<void> {
    return this.act('orders/reject', { order_hash, reason }, order_hash);
  }

  cancel({ id, order_hash }: Order): Promise<void> {
    return this.act(`orders/${id}/cancel`, {}, order_hash);
  }

  private async act(path: string, body: object, hash: string): Promise<void> {
    try {
      await this.api.post(`api/v1/${path}`, body);
    } finally {
      this.refresh.ask(hash);
    }
  }

  private socketUrl(): URL {
    const { access } = this;
    const url = new URL(`ws/${access.role}/v1`, this.api.base);
    url.protocol = url.protocol.replace('http', 'ws');
    url.search = new URLSearchParams({
      types: TYPES[access.role],
      ...(access.role === 'taker' && { api_key: access.apiKey }),
    }).toString();
    return url;
  }

  private async probe(): Promise<Probe> {
    try {
      await this.api.get(probeOf(this.access));
      return { is: 'answered' };
    } catch (error) {
      const isFinal = error instanceof CallFailure && error.isFinal;
      return isFinal ? { is: 'refused', why: wordsOf(error) } : { is: 'away' };
    }
  }

  private keep(entry: Entry): void {
    this.entries.value = [entry, ...this.entries.value].slice(0, KEPT_ENTRIES);
  }

  private hear(message: Message): void {
    this.keep({ kind: 'push', key: `push-${(this.pushes += 1)}`, at: serviceTime(), message });
    if (message.type === 'resync') return this.refresh.askAll();
    const { order_hash } = message.data;
    if (message.type === 'cancellation_request') {
      this.said.value = 'A maker asks to cancel an order that you hold.';
      setTimeout(() => this.refresh.ask(order_hash), millisecondsTo(message.data.metadata.expires_at));
    }
    this.refresh.ask(order_hash);
  }

  /** Reads everything anew: at every connect, and when the service cannot tell what was missed. */
  private async load(): Promise<boolean> {
    this.reader.forgetHistory();
    const failure = await firstFailure([this.loadOrders(), this.loadQuestions(), meetInstallation()]);
    if (this.selected.value) this.refresh.ask(this.selected.value);
    return !this.isToRetry(failure);
  }

  /** What is known already and is not among the first of the lists is asked for by itself. */
  private async loadOrders(): Promise<void> {
    const orders = new Map((await this.reader.orders()).map((order) => [order.order_hash, order]));
    for (const [hash, order] of this.orders.value) {
      if (orders.has(hash)) continue;
      orders.set(hash, order);
      this.refresh.ask(hash);
    }
    this.orders.value = bounded(orders);
    this.isLoaded.value = true;
  }

  private async loadQuestions(): Promise<void> {
    this.open.value = await this.reader.openQuestions();
  }

  /** Reads anew what is known of these orders, and what is asked; resolves to those that are to be tried again. */
  private async renew(hashes: string[]): Promise<string[]> {
    const found = new Map<string, Order | undefined>();
    const readings = hashes.map(async (hash) => void found.set(hash, await this.reader.order(hash)));
    const failure = await firstFailure([this.loadQuestions(), ...readings]);
    const orders = new Map(this.orders.value);
    for (const [hash, order] of found) {
      if (order) orders.set(hash, order);
      else orders.delete(hash);
    }
    this.orders.value = bounded(orders);
    const untold = await firstFailure([this.tell(found)]);
    if (!this.isToRetry(failure ?? untold)) return [];
    const left = hashes.filter((hash) => !found.has(hash) || (untold && hash === this.selected.value));
    // with whichever order, the questions are read too
    return left.length > 0 ? left : hashes.slice(-1);
  }

  /** The chosen order's course, where it is among these. */
  private async tell(found: ReadonlyMap<string, Order | undefined>): Promise<void> {
    const { value: hash } = this.selected;
    if (!hash || !found.has(hash)) return;
    const order = found.get(hash);
    const story = order ? await this.reader.story(order, this.open.value) : null;
    if (this.selected.value === hash) this.story.value = story;
  }

  /** Says what went wrong, if anything. While there is no connection it is not tried again: all is read anew at the next. */
  private isToRetry(failure: unknown): boolean {
    this.trouble.value = failure === undefined ? '' : wordsOf(failure);
    const isFinal = failure instanceof CallFailure && failure.isFinal;
    return failure !== undefined && this.feed.state.value.is === 'live' && !isFinal;
  }
}

/** A call that only those who may be here can make. */
export function probeOf({ role }: Access): string {
  return role === 'taker' ? 'api/v1/takers/cancellation-requests?page_size=1' : 'api/v1/makers/profiles';
}

function millisecondsTo(time: string): number {
  return Math.max(0, Date.parse(time) - serviceTime()) + WRITTEN_DOWN_MS;
}
