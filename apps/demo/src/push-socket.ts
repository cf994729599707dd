import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import type { PushMessage } from '#events';
import { WebSocket } from 'ws';
import { type Api, type Envelope, PATIENCE_MS } from './api.js';
import { DemoFailure, UnexpectedAnswer } from './demo-failure.js';
import type { Actor, Screen } from './screen.js';

/** A push that must come: its type, and what its data must say. */
export interface Expected {
  type: PushMessage['type'];
  data: Record<string, unknown>;
}

/** What of a push is worth printing. */
const SHOWN: Record<PushMessage['type'], string[]> = {
  order_status_change: ['from_status', 'to_status'],
  cancellation_request: ['order_hash', 'reason', 'metadata.request_id', 'metadata.on_timeout'],
  cancellation_update: ['request_id', 'status', 'resolved_by', 'message'],
};

/** One participant's open socket: keeps what it hears until the play comes to it. */
export class PushSocket {
  /** Everything heard about orders, each message once. */
  readonly heard: PushMessage[] = [];
  private told = 0;
  /** Rings when there is something new. */
  private readonly bell = new EventEmitter();

  private constructor(
    private readonly socket: WebSocket,
    private readonly actor: Actor,
    private readonly screen: Screen,
    private readonly signal: AbortSignal,
  ) {
    socket.on('message', (frame: Buffer) => this.keep(JSON.parse(frame.toString()) as PushMessage));
    socket.on('close', () => this.bell.emit('ring')).on('error', () => socket.terminate());
  }

  static async open(
    api: Api,
    path: string,
    actor: Actor,
    screen: Screen,
    signal: AbortSignal,
  ): Promise<PushSocket> {
    signal.throwIfAborted();
    screen.call(actor, `WS ${path}`);
    const options = { headers: api.credentials, handshakeTimeout: PATIENCE_MS };
    const socket = new WebSocket(api.url.replace('http', 'ws') + path, options);
    const refused = new Promise<never>((_, reject) => {
      socket.once('unexpected-response', (_request, response) => {
        void refusal(response, screen)
          .then(reject, reject)
          .finally(() => socket.terminate());
      });
    });
    const opened = new PushSocket(socket, actor, screen, signal);
    try {
      await Promise.race([once(socket, 'open'), refused]);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DemoFailure) throw error;
      throw new DemoFailure(`The socket ${path} could not be opened: ${(error as Error).message}`);
    }
    screen.opened();
    return opened;
  }

  /** Waits for these pushes about an order, in whatever order they come; prints them and any other about it. */
  async hear(orderHash: string, ...expected: Expected[]): Promise<PushMessage[]> {
    const met: PushMessage[] = [];
    const missing = [...expected];
    while (missing.length > 0) {
      const message = await this.next(orderHash, missing[0]!);
      this.screen.push(this.actor, message.type, message.data, SHOWN[message.type]);
      const index = missing.findIndex((wanted) => fits(message, wanted));
      if (index >= 0) {
        missing.splice(index, 1);
        met.push(message);
      }
    }
    return met;
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.socket.close();
    const limit = AbortSignal.timeout(PATIENCE_MS);
    await once(this.socket, 'close', { signal: limit }).catch(() => this.socket.terminate());
  }

  /** Delivery is at least once, and heartbeats belong to no order. */
  private keep(message: PushMessage): void {
    if (message.data?.order_hash === undefined || this.heard.some(({ id }) => id === message.id)) return;
    this.heard.push(message);
    this.bell.emit('ring');
  }

  /** The next message about an order; a taker also hears of orders that are none of the play's business. */
  private async next(orderHash: string, wanted: Expected): Promise<PushMessage> {
    const limit = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      this.signal.throwIfAborted();
      const message = this.heard[this.told];
      if (message) {
        this.told += 1;
        if (message.data.order_hash === orderHash) return message;
      } else {
        const what = `${wanted.type} ${JSON.stringify(wanted.data)}`;
        if (this.socket.readyState !== WebSocket.OPEN)
          throw new DemoFailure(`The ${this.actor}'s socket closed before ${what} came.`);
        if (limit.aborted)
          throw new DemoFailure(`The ${this.actor} waited ${PATIENCE_MS / 1000} s in vain for ${what}.`);
        await once(this.bell, 'ring', { signal: AbortSignal.any([this.signal, limit]) }).catch(
          () => undefined,
        );
      }
    }
  }
}

function fits(message: PushMessage, { type, data }: Expected): boolean {
  return message.type === type && Object.entries(data).every(([name, value]) => message.data[name] === value);
}

async function refusal(response: IncomingMessage, screen: Screen): Promise<DemoFailure> {
  const status = response.statusCode!;
  const envelope = (await json(response)) as Envelope;
  screen.answer(status, envelope);
  return new UnexpectedAnswer(`The socket was refused with ${status}: ${envelope.message}.`);
}
