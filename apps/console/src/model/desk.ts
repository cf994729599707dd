import { computed, signal } from '@preact/signals';
import type { Access } from './access.js';
import { Api, type Call, CallFailure, wordsOf } from './api.js';
import { serviceTime } from './clock.js';
import { type Step, stepsOf } from './diagram.js';
import { Feed, type Probe } from './feed.js';
import { History } from './history.js';
import { checkClock, meetInstallation } from './installation.js';
import { bounded, KEPT_ORDERS } from './orders.js';
import { Refresh } from './refresh.js';
import { fillOf } from './told-calls.js';
import type { Message, Order, Push, Question } from './types.js';

/** Messages and calls: a page that is open for days must not grow. */
const KEPT_ENTRIES = 300;
const FIRST_ORDERS = 50;
/** The worker writes a time-out down within a second. */
const WRITTEN_DOWN_MS = 1_500;
/** What could not be read is tried again. */
const RETRY_MS = 2_000;

const ALL_STATUSES = 'requested,timed_out,accepted,rejected';
const TYPES = {
  taker: 'order_status_change,cancellation_request,order_book_change',
  maker: 'order_status_change,cancellation_update',
};

export type Entry = Push | Call;

export interface Story {
  order: Order;
  steps: Step[];
  /** Whether it began earlier than is told. */
  isCut: boolean;
}

/** What the one who is signed in sees and can do: the state of the page. */
export class Desk {
  readonly orders = signal<ReadonlyMap<string, Order>>(new Map());
  /** All of a taker's that the service lists first; those of a maker stand at their orders. */
  readonly questions = signal<Question[]>([]);
  readonly open = computed(() => this.questions.value.filter(isOpen));
  readonly entries = signal<Entry[]>([]);
  readonly selected = signal<string | undefined>(undefined);
  /** Of the selected order; null: the service does not show it. */
  readonly story = signal<Story | null | undefined>(undefined);
  readonly isLoaded = signal(false);
  readonly trouble = signal('');
  /** What a screen reader says. */
  readonly said = signal('');
  readonly api: Api;
  readonly feed: Feed;
  private pushes = 0;
  private history: History | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly refresh = new Refresh((hashes) => this.renew(hashes));

  constructor(readonly access: Access) {
    this.api = new Api(access, (call) => this.keep(call));
    this.feed = new Feed({
      url: this.socketUrl(),
      protocols: access.role === 'maker' ? ['jwt', access.token] : [],
      hear: (message) => this.hear(message),
      heartbeat: (timestamp) => void checkClock(timestamp).catch(() => {}), // the next one shows it again
      opened: () => void this.load(),
      probe: () => this.probe(),
    });
  }

  get role(): Access['role'] {
    return this.access.role;
  }

  close(): void {
    this.feed.close();
    this.refresh.stop();
    clearTimeout(this.retry);
  }

  select(hash: string): void {
    if (this.selected.value !== hash) this.story.value = undefined;
    this.selected.value = hash;
    this.refresh.ask(hash);
  }

  /** Asks for anew what is known of an order. */
  look(hash: string): void {
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
    if (message.type === 'resync') return void this.load();
    if (message.type === 'cancellation_request') {
      this.said.value = 'A maker asks to cancel an order that you hold.';
      setTimeout(() => this.look(message.data.order_hash), millisecondsTo(message.data.metadata.expires_at));
    }
    this.refresh.ask(message.data.order_hash);
  }

  /** Reads everything anew: at every connect, and when the service cannot tell what was missed. */
  private async load(): Promise<void> {
    clearTimeout(this.retry);
    this.history = undefined;
    try {
      const mine = `page_size=${FIRST_ORDERS}&sort_by=created_at&sort_order=desc`;
      const lists =
        this.role === 'taker'
          ? [
              this.api.get<{ orders: Order[] }>(`api/v1/takers/orders?${mine}`).then(({ orders }) => orders),
              this.api.get<Order[]>(`api/v1/orders/available?limit=${KEPT_ORDERS}`),
            ]
          : [this.api.get<{ orders: Order[] }>(`api/v1/orders?${mine}`).then(({ orders }) => orders)];
      const [found] = await Promise.all([Promise.all(lists), this.loadQuestions(), meetInstallation()]);
      const known = this.orders.value;
      const orders = new Map(found.flat().map((order) => [order.order_hash, order]));
      for (const [hash, order] of known) {
        if (orders.has(hash)) continue;
        orders.set(hash, order);
        this.refresh.ask(hash);
      }
      this.orders.value = bounded(orders);
      this.isLoaded.value = true;
      this.trouble.value = '';
      if (this.selected.value) this.refresh.ask(this.selected.value);
    } catch (error) {
      this.trouble.value = wordsOf(error);
      if (this.isWorthRetry(error)) this.retry = setTimeout(() => void this.load(), RETRY_MS);
    }
  }

  private async loadQuestions(): Promise<void> {
    if (this.role !== 'taker') return;
    const query = `status=${ALL_STATUSES}&page_size=100&sort_order=desc`;
    const { requests } = await this.api.get<{ requests: Question[] }>(
      `api/v1/takers/cancellation-requests?${query}`,
    );
    this.questions.value = requests;
  }

  /** Reads anew what is known of these orders; false: try again. */
  private async renew(hashes: string[]): Promise<boolean> {
    try {
      const path = this.role === 'taker' ? 'takers/orders' : 'orders';
      const [found] = await Promise.all([
        Promise.all(hashes.map(async (hash) => [hash, await this.orderAt(`${path}/${hash}`)] as const)),
        this.loadQuestions(),
      ]);
      const orders = new Map(this.orders.value);
      for (const [hash, order] of found) {
        if (order) orders.set(hash, order);
        else orders.delete(hash);
      }
      this.orders.value = bounded(orders);
      const { value: selected } = this.selected;
      if (selected && hashes.includes(selected)) await this.tell(selected, path);
      this.trouble.value = '';
      return true;
    } catch (error) {
      this.trouble.value = wordsOf(error);
      return !this.isWorthRetry(error);
    }
  }

  /** While there is no connection it is not: everything is read anew at the next. */
  private isWorthRetry(error: unknown): boolean {
    return this.feed.state.value.is === 'live' && !(error instanceof CallFailure && error.isFinal);
  }

  /** Undefined: another taker has taken it, so that it is none of this one's business any more. */
  private async orderAt(path: string): Promise<Order | undefined> {
    try {
      return await this.api.get<Order>(`api/v1/${path}`);
    } catch (error) {
      if (error instanceof CallFailure && error.status === 404) return undefined;
      throw error;
    }
  }

  private async tell(hash: string, path: string): Promise<void> {
    const order = this.orders.value.get(hash);
    if (!order) return void (this.story.value = null);
    const history =
      this.history?.orderHash === hash
        ? this.history
        : new History(this.api, hash, `api/v1/${path}/${hash}/events`);
    this.history = history;
    await history.read();
    if (this.selected.value !== hash) return;
    const questions = this.questions.value.filter(({ order_hash }) => order_hash === hash);
    const steps = stepsOf(order, history.events, questions, this.role);
    this.story.value = { order, steps, isCut: history.isCut };
  }
}

/** A call that only those who may be here can make. */
export function probeOf({ role }: Access): string {
  return role === 'taker' ? 'api/v1/takers/cancellation-requests?page_size=1' : 'api/v1/makers/profiles';
}

export const isOpen = ({ status }: Question): boolean => status === 'requested' || status === 'timed_out';

function millisecondsTo(time: string): number {
  return Math.max(0, Date.parse(time) - serviceTime()) + WRITTEN_DOWN_MS;
}
