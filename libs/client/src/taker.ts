import { type Api, type Body, createApi, type Data, dataOf, type Query, type Send } from './api.js';
import { type Answered, CancellationAnswers, type CancellationListeners } from './cancellation-answers.js';
import { type Listener, toData } from './listeners.js';
import type { OrderBookChange, OrderStatusChange, TakerMessage } from './messages.js';
import type { PushListeners } from './push-connection.js';
import { RequestSigner } from './request-signer.js';
import { ServerClock } from './server-clock.js';
import { openSession, reporterOf, type Session, type SessionOptions } from './session.js';
import type { OpenSocket } from './socket.js';

export interface TakerOptions {
  /** Where the service is: `https://host:port`. */
  url: string;
  apiKey: string;
  /** When given, every request is signed with it. */
  apiSecret?: string;
  /** The taker's address under which orders are locked, unless a call says otherwise. */
  address: string;
  /** Sends the requests; `fetch` when left out. */
  fetch?: Send;
}

/** A body in which the client's own address can be left out. */
type Under<T> = Omit<T, 'taker_address'> & { taker_address?: string };

export interface TakerListeners extends CancellationListeners, SessionOptions {
  onOrderStatusChange?: Listener<OrderStatusChange>;
  /** Every change into or out of `pending` of every order: a book kept from these is whole. */
  onOrderBookChange?: Listener<OrderBookChange>;
}

export interface WatchOptions extends SessionOptions {
  /** Hears each message as it is pushed, also a request that is pushed again. */
  onMessage: Listener<TakerMessage>;
  /** Status changes and cancellation requests when left out. */
  types?: readonly TakerMessage['type'][];
}

const WATCHED = ['order_status_change', 'cancellation_request'] as const;

/** A broker or custodian: locks orders, trades them, and decides when their maker would like to cancel. */
export class Taker {
  /** Every call of the service, with this taker's key. */
  readonly api: Api;
  private readonly clock = new ServerClock();
  private readonly signer: RequestSigner | undefined;

  constructor(
    private readonly options: TakerOptions,
    private readonly openSocket: OpenSocket,
  ) {
    const { url, apiSecret, fetch } = options;
    const { clock } = this;
    this.signer = apiSecret === undefined ? undefined : new RequestSigner(apiSecret, clock.now);
    this.api = createApi({ url, send: fetch, clock, authorize: (request) => this.authorize(request) });
  }

  /** Tells what speaks against a signed order; creates nothing. */
  validate(body: Body<'validateOrder'>): Promise<Data<'validateOrder'>> {
    return dataOf(this.api.POST('/api/v1/orders/validate', { body }));
  }

  /** Locks a pending order to trade it. */
  lock(body: Under<Body<'lockOrder'>>): Promise<Data<'lockOrder'>> {
    return dataOf(this.api.POST('/api/v1/orders/lock', { body: this.under(body) }));
  }

  /** Gives a locked order back. */
  unlock(body: Body<'unlockOrder'>): Promise<Data<'unlockOrder'>> {
    return dataOf(this.api.POST('/api/v1/orders/unlock', { body }));
  }

  /** Reports the trade of a locked order. */
  fill(body: Body<'fillOrder'>): Promise<Data<'fillOrder'>> {
    return dataOf(this.api.POST('/api/v1/orders/fill', { body }));
  }

  /** Turns a locked order down for good. */
  reject(body: Body<'rejectOrder'>): Promise<Data<'rejectOrder'>> {
    return dataOf(this.api.POST('/api/v1/orders/reject', { body }));
  }

  /** Answers a cancellation request, once; a session does so by itself, and repeats it as need be. */
  answerCancellation(
    body: Under<Body<'answerCancellation'>>,
    signal?: AbortSignal,
  ): Promise<Data<'answerCancellation'>> {
    return dataOf(this.api.POST('/api/v1/orders/cancel-result', { body: this.under(body), signal }));
  }

  /** All pending orders, however many pages they fill; a session hears of them as they come. */
  async availableOrders(): Promise<Data<'listAvailableOrders'>> {
    const orders: Data<'listAvailableOrders'> = [];
    let isMore = true;
    while (isMore) {
      const query = { after: orders.at(-1)?.order_hash };
      const answer = await this.api.GET('/api/v1/orders/available', { params: { query } });
      orders.push(...(await dataOf(Promise.resolve(answer))));
      isMore = answer.response.headers.has('link');
    }
    return orders;
  }

  /** Orders that this taker locked or filled, a page at a time. */
  orders(query?: Query<'listTakerOrders'>): Promise<Data<'listTakerOrders'>> {
    return dataOf(this.api.GET('/api/v1/takers/orders', { params: { query } }));
  }

  order(order_hash: string): Promise<Data<'getTakerOrder'>> {
    return dataOf(this.api.GET('/api/v1/takers/orders/{order_hash}', { params: { path: { order_hash } } }));
  }

  /** What this taker was pushed of an order, or would have been. */
  history(order_hash: string, query?: Query<'getTakerOrderEvents'>): Promise<Data<'getTakerOrderEvents'>> {
    const params = { path: { order_hash }, query };
    return dataOf(this.api.GET('/api/v1/takers/orders/{order_hash}/events', { params }));
  }

  /** What a session would hear, a page at a time; each begins after the `last_id` of the one before. */
  events(query?: Query<'listTakerEvents'>): Promise<Data<'listTakerEvents'>> {
    return dataOf(this.api.GET('/api/v1/takers/events', { params: { query } }));
  }

  /** This taker's fills, a page at a time. */
  fills(query?: Query<'listFills'>): Promise<Data<'listFills'>> {
    return dataOf(this.api.GET('/api/v1/orders/filled', { params: { query } }));
  }

  /** What this taker was asked, a page at a time; a session hears of it as it comes. */
  cancellationRequests(query?: Query<'listCancellationRequests'>): Promise<Data<'listCancellationRequests'>> {
    return dataOf(this.api.GET('/api/v1/takers/cancellation-requests', { params: { query } }));
  }

  /** Opens a session: resolves when it is connected, rejects when the service refuses the key. */
  listen(listeners: TakerListeners): Promise<Session> {
    const report = reporterOf(listeners);
    const answers = new CancellationAnswers(listeners, (answer, signal) => this.send(answer, signal), report);
    const heard: PushListeners = {
      order_status_change: toData(listeners.onOrderStatusChange),
      cancellation_request: ({ data }) => answers.consider(data),
      order_book_change: toData(listeners.onOrderBookChange),
    };
    return this.open(heard, listeners, () => answers.finish());
  }

  /** Opens a session that hears what another would, and answers nothing. */
  watch({ onMessage, types = WATCHED, ...options }: WatchOptions): Promise<Session> {
    return this.open(Object.fromEntries(types.map((type) => [type, onMessage])), options);
  }

  private open(
    listeners: PushListeners,
    options: SessionOptions,
    finish?: () => Promise<void>,
  ): Promise<Session> {
    let { offsetMs: signedWithMs } = this.clock;
    const push = {
      openSocket: this.openSocket,
      url: this.options.url,
      path: '/ws/taker/v1',
      listeners,
      headers: async (url: URL) => {
        signedWithMs = this.clock.offsetMs;
        return this.headersFor('GET', url);
      },
      probe: () => this.cancellationRequests({ page_size: 1 }),
      isOvercome: (problem: unknown) => this.clock.learnFrom(problem, signedWithMs),
      report: reporterOf(options),
      after: options.after,
      onResync: options.onResync,
      signal: options.signal,
    };
    return openSession(push, finish);
  }

  private send({ request, verdict }: Answered, signal: AbortSignal): Promise<unknown> {
    const { cancel, message, taker_address = this.options.address } = verdict;
    const { order_hash, metadata } = request;
    const { request_id } = metadata;
    const body = { order_hash, taker_address, cancellation_success: cancel, message, request_id };
    return this.answerCancellation(body, signal);
  }

  private under<T extends { taker_address?: string }>(body: T): T & { taker_address: string } {
    return { ...body, taker_address: body.taker_address ?? this.options.address };
  }

  private async authorize(request: Request): Promise<void> {
    const body = this.signer ? new Uint8Array(await request.clone().arrayBuffer()) : undefined;
    const headers = this.headersFor(request.method, new URL(request.url), body);
    for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
  }

  private headersFor(method: string, url: URL, body?: Uint8Array): Record<string, string> {
    return { 'x-api-key': this.options.apiKey, ...this.signer?.headersFor(method, url, body) };
  }
}
