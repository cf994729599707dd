import type { Access } from './access.js';
import { type Api, CallFailure } from './api.js';
import { type Step, stepsOf } from './diagram.js';
import { History } from './history.js';
import { KEPT_ORDERS } from './orders.js';
import type { Order, Question } from './types.js';

const FIRST_ORDERS = 50;
/** The largest page there is. */
const PAGE_SIZE = 100;

export interface Story {
  order: Order;
  steps: Step[];
  /** Whether it began earlier than is told. */
  isCut: boolean;
}

/** What the service shows to the one who is signed in. */
export class Reader {
  private history: History | undefined;

  constructor(
    private readonly api: Api,
    private readonly role: Access['role'],
  ) {}

  /** The newest of one's own, and those to be had. */
  async orders(): Promise<Order[]> {
    const query = `page_size=${FIRST_ORDERS}&sort_by=created_at&sort_order=desc`;
    const [{ orders }, available] = await Promise.all([
      this.api.get<{ orders: Order[] }>(`${this.path}?${query}`),
      this.role === 'taker'
        ? this.api.get<Order[]>(`api/v1/orders/available?limit=${KEPT_ORDERS}`)
        : Promise.resolve([]),
    ]);
    return [...orders, ...available];
  }

  /** Undefined: it is none of this one's business any more. */
  async order(hash: string): Promise<Order | undefined> {
    try {
      return await this.api.get<Order>(`${this.path}/${hash}`);
    } catch (error) {
      if (error instanceof CallFailure && error.status === 404) return undefined;
      throw error;
    }
  }

  /** All of a taker's, in the order in which they time out; those of a maker stand at their orders. */
  async openQuestions(): Promise<Question[]> {
    if (this.role !== 'taker') return [];
    // one that ends meanwhile moves the others up: by its id, none is told twice
    const found = new Map<string, Question>();
    let pages = 1;
    for (let page = 1; page <= pages; page += 1) {
      const read = await this.questions(`status=requested,timed_out&sort_order=asc&page=${page}`);
      for (const question of read.requests) found.set(question.request_id, question);
      pages = read.total_pages;
    }
    return [...found.values()].toSorted(
      (a, b) => Date.parse(a.expires_at) - Date.parse(b.expires_at) || (a.request_id < b.request_id ? -1 : 1),
    );
  }

  /** How an order came so far; of a history that was read before, only what is new is read. */
  async story(order: Order, open: Question[]): Promise<Story> {
    const hash = order.order_hash;
    if (this.history?.orderHash !== hash)
      this.history = new History(this.api, hash, `${this.path}/${hash}/events`);
    const { history } = this;
    const [ended] = await Promise.all([this.endedQuestions(order), history.read()]);
    const questions = [...ended, ...open].filter(({ order_hash }) => order_hash === hash);
    const steps = stepsOf(order, history.events, questions, this.role);
    return { order, steps, isCut: history.isCut };
  }

  /** From now on histories are read from their beginning. */
  forgetHistory(): void {
    this.history = undefined;
  }

  private async endedQuestions({ cancellation }: Order): Promise<Question[]> {
    if (this.role !== 'taker' || !cancellation) return [];
    return (await this.questions('status=accepted,rejected&sort_order=desc')).requests;
  }

  private questions(query: string): Promise<{ requests: Question[]; total_pages: number }> {
    return this.api.get(`api/v1/takers/cancellation-requests?page_size=${PAGE_SIZE}&${query}`);
  }

  private get path(): string {
    return this.role === 'taker' ? 'api/v1/takers/orders' : 'api/v1/orders';
  }
}
