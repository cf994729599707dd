import { type Api, type Body, createApi, type Data, dataOf, type Query, type Send } from './api.js';
import { type Listener, toData } from './listeners.js';
import { type MakerAccount, MakerToken } from './maker-token.js';
import type { CancellationUpdate, OrderStatusChange } from './messages.js';
import type { OrderTerms } from './openapi.js';
import { hashOrder, orderTypedData, type Settlement } from './order-signature.js';
import { openSession, reporterOf, type Session, type SessionOptions } from './session.js';
import type { OpenSocket } from './socket.js';

export interface MakerOptions extends Settlement {
  /** Where the service is: `https://host:port`. */
  url: string;
  account: MakerAccount;
  /** Sends the requests; `fetch` when left out. */
  fetch?: Send;
}

/** An order to place; the wallet's address, NASDAQ and the next nonce are filled in. */
export type NewOrder = Omit<OrderTerms, 'maker' | 'principal' | 'exchange' | 'nonce'> &
  Partial<Pick<OrderTerms, 'principal' | 'exchange' | 'nonce'>>;

export interface MakerListeners extends SessionOptions {
  onOrderStatusChange?: Listener<OrderStatusChange>;
  onCancellationUpdate?: Listener<CancellationUpdate>;
}

/** A wallet user: signs orders, places them, and would like to cancel them. */
export class Maker {
  /** Every call of the service, with this maker's token. */
  readonly api: Api;
  private readonly tokens: MakerToken;
  /** Ends the sessions that were opened since the last log-out. */
  private login = new AbortController();

  /** Logs a wallet in. */
  static async connect(options: MakerOptions, openSocket: OpenSocket): Promise<Maker> {
    const maker = new Maker(options, openSocket);
    await maker.token();
    return maker;
  }

  private constructor(
    private readonly options: MakerOptions,
    private readonly openSocket: OpenSocket,
  ) {
    const { url, account, chainId, fetch: send } = options;
    const open = createApi({ url, send, authorize: async () => {} });
    this.tokens = new MakerToken(open, account, chainId);
    this.api = createApi({
      url,
      send,
      authorize: async ({ headers }) => headers.set('authorization', await this.authorization()),
    });
  }

  get address(): string {
    return this.options.account.address.toLowerCase();
  }

  /** The token that calls carry; for programs that make calls of their own. */
  token(): Promise<string> {
    return this.tokens.current();
  }

  /** Ends every token of the wallet, whoever holds it, and this maker's sessions. A further call logs in again. */
  async logOut(): Promise<void> {
    await this.api.POST('/api/v1/makers/logout');
    this.tokens.forget();
    this.login.abort();
    this.login = new AbortController();
  }

  sign(order: OrderTerms): Promise<string> {
    return this.options.account.signTypedData(orderTypedData(this.options, order));
  }

  /** The order hash, known before the order is placed. */
  hash(order: OrderTerms): string {
    return hashOrder(this.options, order);
  }

  /** Signs and places an order. Those who place several at once give each its nonce. */
  async place(order: NewOrder): Promise<Data<'placeOrder'>> {
    const nonce = order.nonce ?? (await this.nextNonce());
    const terms = { maker: this.address, principal: this.address, exchange: 0, ...order, nonce };
    const signature = await this.sign(terms);
    return dataOf(this.api.POST('/api/v1/orders', { body: { order: terms, signature } }));
  }

  /** Cancels an order, by its id or hash, or asks its taker to: `success` tells which. */
  cancel(order_id: string, body?: Body<'cancelOrder'>): Promise<Data<'cancelOrder'>> {
    return dataOf(
      this.api.POST('/api/v1/orders/{order_id}/cancel', { params: { path: { order_id } }, body }),
    );
  }

  /** One order, by its id or hash. */
  order(order_id: string): Promise<Data<'getOrder'>> {
    return dataOf(this.api.GET('/api/v1/orders/{order_id}', { params: { path: { order_id } } }));
  }

  /** This maker's orders, a page at a time. */
  orders(query?: Query<'listOrders'>): Promise<Data<'listOrders'>> {
    return dataOf(this.api.GET('/api/v1/orders', { params: { query } }));
  }

  /** All that has become of an order and of its cancellation requests. */
  history(order_id: string, query?: Query<'getOrderEvents'>): Promise<Data<'getOrderEvents'>> {
    return dataOf(
      this.api.GET('/api/v1/orders/{order_id}/events', { params: { path: { order_id }, query } }),
    );
  }

  profile(): Promise<Data<'getProfile'>> {
    return dataOf(this.api.GET('/api/v1/makers/profiles'));
  }

  /** The smallest nonce above all used ones. */
  async nextNonce(): Promise<number> {
    return (await dataOf(this.api.GET('/api/v1/orders/maker/next-nonce'))).next_nonce;
  }

  /** Opens a session: resolves when it is connected, rejects when the service refuses the wallet. */
  listen(listeners: MakerListeners): Promise<Session> {
    return openSession({
      openSocket: this.openSocket,
      url: this.options.url,
      path: '/ws/maker/v1',
      listeners: {
        order_status_change: toData(listeners.onOrderStatusChange),
        cancellation_update: toData(listeners.onCancellationUpdate),
      },
      headers: async () => ({ authorization: await this.authorization() }),
      probe: () => this.profile(),
      report: reporterOf(listeners),
      after: listeners.after,
      onResync: listeners.onResync,
      signal: AbortSignal.any([this.login.signal, ...(listeners.signal ? [listeners.signal] : [])]),
    });
  }

  private async authorization(): Promise<string> {
    return `Bearer ${await this.tokens.current()}`;
  }
}
