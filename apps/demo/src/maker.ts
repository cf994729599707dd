import { randomUUID } from 'node:crypto';
import type { Settings } from '#config';
import { MAKER_MESSAGE_TYPES } from '#events';
import { orderTypedData, type SignedTerms, signingDomain } from '#trading';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { Api } from './api.js';
import { PushSocket } from './push-socket.js';
import type { Screen } from './screen.js';

const HOUR_S = 3600;

/** What the play needs of an order. */
export interface PlacedOrder {
  id: string;
  order_hash: string;
  status: string;
}

/** What the maker wants to trade. */
export type Wish = Pick<SignedTerms, 'is_buy' | 'ticker' | 'quantity' | 'price' | 'nonce'>;

/** A wallet user: logs in, places orders, and would like to cancel them. */
export class Maker {
  readonly wallet = privateKeyToAccount(generatePrivateKey());
  readonly address = this.wallet.address.toLowerCase();
  api: Api;
  socket!: PushSocket;

  constructor(
    private readonly url: string,
    private readonly settings: Settings,
    private readonly screen: Screen,
    private readonly signal: AbortSignal,
  ) {
    this.api = new Api(url, 'MAKER', screen, signal);
  }

  /** Proves the ownership of the wallet with a signature; from then on calls carry a token. */
  async logIn(): Promise<void> {
    const chainId = String(this.settings.EIP712_CHAIN_ID);
    const message = [
      `Wallet address: ${this.address}`,
      `ChainId: ${chainId}`,
      `Timestamp: ${new Date().toISOString()}`,
      `Nonce: ${randomUUID()}`,
    ].join('\n');
    this.screen.signs('MAKER', message);
    const signature = await this.wallet.signMessage({ message });
    const { jwt } = await this.api.call<{ jwt: string }>({
      method: 'POST',
      path: '/makers/connect',
      body: { wallet_address: this.address, chain_id: chainId, message, signature },
      expect: 200,
    });
    const credentials = { authorization: `Bearer ${jwt}` };
    this.api = new Api(this.url, 'MAKER', this.screen, this.signal, credentials);
  }

  async listen(): Promise<void> {
    const path = `/ws/maker/v1?types=${MAKER_MESSAGE_TYPES.join(',')}`;
    this.socket = await PushSocket.open(this.api, path, 'MAKER', this.screen, this.signal);
  }

  async place(wish: Wish): Promise<PlacedOrder> {
    const order = this.termsOf(wish);
    const { EIP712_CHAIN_ID, EIP712_VERIFYING_CONTRACT } = this.settings;
    const domain = signingDomain(EIP712_CHAIN_ID, EIP712_VERIFYING_CONTRACT);
    const signature = await this.wallet.signTypedData(orderTypedData(domain, order));
    return this.api.call({
      method: 'POST',
      path: '/orders',
      body: { order, signature },
      expect: 201,
      sent: [
        ...['maker', 'is_buy', 'ticker', 'price', 'quantity', 'nonce'].map((name) => `order.${name}`),
        'signature',
      ],
      shown: ['id', 'order_hash', 'status'],
    });
  }

  /** 200 when the order is cancelled by that, 202 when its taker is asked. */
  cancel<T>(order: PlacedOrder, expect: 200 | 202): Promise<T> {
    return this.api.call({
      method: 'POST',
      path: `/orders/${order.id}/cancel`,
      expect,
      shown: [
        'success',
        'status',
        'message',
        'cancellation.request_id',
        'cancellation.status',
        'cancellation.expires_at',
      ],
    });
  }

  look(order: PlacedOrder): Promise<PlacedOrder> {
    const fields = ['status', 'resolved_by', 'message'].map((name) => `cancellation.${name}`);
    return this.api.call({
      method: 'GET',
      path: `/orders/${order.id}`,
      expect: 200,
      shown: ['order_hash', 'status', ...fields],
    });
  }

  private termsOf(wish: Wish): SignedTerms {
    const validForS = (this.settings.ORDER_MIN_VALIDITY_HOURS + 24) * HOUR_S;
    return {
      maker: this.address,
      principal: this.address,
      exchange: 0,
      asset: '0x55d398326f99059ff775485246999027b3197955',
      incentive: '500000000000000000',
      deadline: Math.floor(Date.now() / 1000) + validForS,
      ...wish,
    };
  }
}
