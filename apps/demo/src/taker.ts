import { TAKER_MESSAGE_TYPES } from '#events';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { Api } from './api.js';
import type { PlacedOrder } from './maker.js';
import { PushSocket } from './push-socket.js';
import type { Screen } from './screen.js';

/** Long enough for the play, whatever the service's own lock time is. */
const LOCK_SECONDS = 600;

/** A broker with an API key: locks orders, and decides when their maker would like to cancel. */
export class Taker {
  readonly address = privateKeyToAddress(generatePrivateKey()).toLowerCase();
  private api!: Api;
  socket!: PushSocket;

  constructor(
    private readonly url: string,
    private readonly screen: Screen,
    private readonly signal: AbortSignal,
  ) {}

  async listen(apiKey: string): Promise<void> {
    this.api = new Api(this.url, 'TAKER', this.screen, this.signal, { 'x-api-key': apiKey });
    const path = `/ws/taker/v1?types=${TAKER_MESSAGE_TYPES.join(',')}`;
    this.socket = await PushSocket.open(this.api, path, 'TAKER', this.screen, this.signal);
  }

  async lock({ order_hash }: PlacedOrder): Promise<void> {
    await this.api.call({
      method: 'POST',
      path: '/orders/lock',
      body: { order_hash, taker_address: this.address, lock_duration: LOCK_SECONDS },
      expect: 200,
      shown: ['success', 'locked_by', 'expires_at'],
    });
  }

  /** Answers a cancellation request: true gives the order up, false keeps it. */
  async answer(
    { order_hash }: PlacedOrder,
    request_id: unknown,
    cancellation_success: boolean,
    message: string,
  ): Promise<void> {
    await this.api.call({
      method: 'POST',
      path: '/orders/cancel-result',
      body: { order_hash, taker_address: this.address, request_id, cancellation_success, message },
      expect: 200,
    });
  }

  async unlock({ order_hash }: PlacedOrder): Promise<void> {
    await this.api.call({ method: 'POST', path: '/orders/unlock', body: { order_hash }, expect: 200 });
  }
}
