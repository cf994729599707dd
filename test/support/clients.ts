import { connectMaker, createTaker, type Maker, type OrderTerms, type OrderView, type Taker } from '#client';
import type { Settings } from '#config';
import { ApiKeysService, TakersService } from '#trading';
import type { DataSource } from 'typeorm';
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { type Answer, call, type CallOptions } from './http.js';
import { Socket } from './socket.js';

/** From which message on a socket is to go on, and on which instance, when not on the client's own. */
interface Resume {
  after?: string;
  url?: string;
}

const resuming = (after: string | undefined) => (after === undefined ? '' : `&after=${after}`);

const THIRTY_ONE_DAYS_S = 31 * 24 * 3600;

/** A maker with a real wallet, logged in. Its raw calls say what tests want said, and return what is answered. */
export class MakerClient {
  private nextNonce = 0;

  private constructor(
    readonly url: string,
    readonly wallet: PrivateKeyAccount,
    readonly token: string,
    private readonly client: Maker,
  ) {}

  static async logIn(url: string, settings: Settings): Promise<MakerClient> {
    const wallet = privateKeyToAccount(generatePrivateKey());
    const client = await connectMaker({
      url,
      account: wallet,
      chainId: settings.EIP712_CHAIN_ID,
      verifyingContract: settings.EIP712_VERIFYING_CONTRACT,
    });
    return new MakerClient(url, wallet, await client.token(), client);
  }

  get address(): string {
    return this.wallet.address.toLowerCase();
  }

  call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.token}`, ...options.headers };
    return call(method, `${this.url}/api/v1${path}`, { ...options, headers });
  }

  /** The terms of a new order, with the next nonce. */
  terms(overrides: Partial<OrderTerms> = {}): OrderTerms {
    return {
      maker: this.address,
      principal: this.address,
      is_buy: true,
      ticker: 'AAPL',
      exchange: 0,
      asset: '0x55d398326f99059ff775485246999027b3197955',
      price: '182500000000000000000',
      quantity: '100',
      incentive: '500000000000000000',
      deadline: Math.floor(Date.now() / 1000) + THIRTY_ONE_DAYS_S,
      nonce: this.nextNonce++,
      ...overrides,
    };
  }

  sign(terms: OrderTerms): Promise<string> {
    return this.client.sign(terms);
  }

  /** The order hash, as a wallet computes it. */
  hash(terms: OrderTerms): string {
    return this.client.hash(terms);
  }

  /** Signs and places an order; returns it. */
  async place(overrides: Partial<OrderTerms> = {}): Promise<OrderView & { placed: PlacedOrder }> {
    const terms = this.terms(overrides);
    const order = await this.client.place(terms);
    return { ...order, placed: { ...terms, signature: order.signature } };
  }

  cancel(order: string, json?: object): Promise<Answer> {
    return this.call('POST', `/orders/${order}/cancel`, { json });
  }

  /** The order as its maker sees it. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests compare answers literally
  async order(order: string): Promise<any> {
    return (await this.call('GET', `/orders/${order}`)).body.data;
  }

  socket(
    types = 'order_status_change,cancellation_update',
    { after, url = this.url }: Resume = {},
  ): Promise<Socket> {
    const headers = { authorization: `Bearer ${this.token}` };
    return Socket.open(`${url}/ws/maker/v1?types=${types}${resuming(after)}`, { headers });
  }
}

/** A login as a wallet makes it; `changes` replace lines of the message before it is signed. */
export async function loginOf(
  wallet: PrivateKeyAccount,
  chainId: number,
  changes: { address?: string; chainId?: string; timestamp?: string; nonce?: string } = {},
) {
  const message = [
    'Welcome!',
    `Nonce: ${changes.nonce ?? generatePrivateKey().slice(2, 34)}`,
    `Wallet address: ${changes.address ?? wallet.address}`,
    `ChainId: ${changes.chainId ?? chainId}`,
    `Timestamp: ${changes.timestamp ?? new Date().toISOString()}`,
  ].join('\n');
  return {
    wallet_address: wallet.address as string,
    chain_id: String(chainId),
    message,
    signature: (await wallet.signMessage({ message })) as string,
  };
}

/** What a taker knows of an order: its terms and the maker's signature. */
export type PlacedOrder = OrderTerms & { signature: string };

/** A taker with a real API key. Its raw calls say what tests want said, and return what is answered. */
export class TakerClient {
  private constructor(
    readonly url: string,
    readonly takerId: string,
    readonly keyId: string,
    readonly apiKey: string,
    readonly apiSecret: string,
    readonly addresses: string[],
  ) {}

  static async create(
    url: string,
    dataSource: DataSource,
    settings: Settings,
    { addresses: count = 1 } = {},
  ): Promise<TakerClient> {
    const addresses = Array.from({ length: count }, () =>
      privateKeyToAccount(generatePrivateKey()).address.toLowerCase(),
    );
    const { takerId } = await new TakersService(dataSource).create(`taker ${addresses[0]}`, addresses);
    const { keyId, apiKey, apiSecret } = await new ApiKeysService(dataSource, settings).create(takerId);
    return new TakerClient(url, takerId, keyId, apiKey, apiSecret, addresses);
  }

  /** One that an older version's tool has made. */
  static of(
    url: string,
    taker: Pick<TakerClient, 'takerId' | 'keyId' | 'apiKey' | 'apiSecret' | 'addresses'>,
  ): TakerClient {
    const { takerId, keyId, apiKey, apiSecret, addresses } = taker;
    return new TakerClient(url, takerId, keyId, apiKey, apiSecret, addresses);
  }

  /** The same taker as it uses the client library, signing its requests; elsewhere, when it goes through a proxy. */
  library(url = this.url): Taker {
    const { apiKey, apiSecret, address } = this;
    return createTaker({ url, apiKey, apiSecret, address });
  }

  get address(): string {
    return this.addresses[0]!;
  }

  call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const headers = { 'x-api-key': this.apiKey, ...options.headers };
    return call(method, `${this.url}/api/v1${path}`, { ...options, headers });
  }

  lock(order_hash: string, extra: object = {}): Promise<Answer> {
    return this.call('POST', '/orders/lock', { json: { order_hash, taker_address: this.address, ...extra } });
  }

  unlock(order_hash: string): Promise<Answer> {
    return this.call('POST', '/orders/unlock', { json: { order_hash } });
  }

  answer(order_hash: string, cancellation_success: boolean, extra: object = {}): Promise<Answer> {
    return this.call('POST', '/orders/cancel-result', {
      json: {
        order_hash,
        taker_address: this.address,
        cancellation_success,
        message: cancellation_success ? 'Not traded yet, cancelled' : 'Already trading',
        ...extra,
      },
    });
  }

  /** Validates an order as its maker signed it. */
  validate({ signature, ...order }: PlacedOrder): Promise<Answer> {
    return this.call('POST', '/orders/validate', { json: { order, signature } });
  }

  /** Fills an order as its maker placed it: the whole of it, unless told otherwise. */
  fill(order: PlacedOrder, extra: object = {}): Promise<Answer> {
    const { signature, ...terms } = order;
    const json = { order: terms, signature, fill_quantity: terms.quantity, taker_incentive: '0', ...extra };
    return this.call('POST', '/orders/fill', { json });
  }

  reject(order_hash: string, reason = 'The instrument is halted'): Promise<Answer> {
    return this.call('POST', '/orders/reject', { json: { order_hash, reason } });
  }

  socket(
    types = 'order_status_change,cancellation_request',
    { after, url = this.url }: Resume = {},
  ): Promise<Socket> {
    const headers = { 'x-api-key': this.apiKey };
    return Socket.open(`${url}/ws/taker/v1?types=${types}${resuming(after)}`, { headers });
  }
}
