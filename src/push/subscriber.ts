import { setTimeout as delay } from 'node:timers/promises';
import type { Audience, PushMessage, ResyncMessage } from '#events';
import { WebSocket } from 'ws';

/** A reader this far behind (bytes not yet taken by its socket) is closed and resumes later. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** While a subscriber catches up, no more is read for it than this beyond what its socket has taken. */
const CATCH_UP_BUFFERED_BYTES = 256 * 1024;
const DRAIN_CHECK_MS = 10;
/** A subscriber that catches up and takes nothing for so long is as good as gone. */
const DRAIN_TIMEOUT_MS = 30_000;
const CLOSE_UNSUPPORTED_DATA = 1003;
const CLOSE_POLICY_VIOLATION = 1008;
const CLOSE_TRY_AGAIN_LATER = 1013;

/** Whose socket it is, and what it was opened with. */
export type Participant =
  | { kind: 'taker'; takerId: string; keyId: string }
  | {
      kind: 'maker';
      wallet: string;
      /** Of its token, Unix ms. */
      expiresAt: number;
    };

/** What an upgrade request asks for, once its sender is known. */
export interface Subscription {
  participant: Participant;
  types: ReadonlySet<string>;
  /** The id of the last message that was heard before. */
  after: string | undefined;
}

/** One open socket and what it wants to hear. */
export class Subscriber {
  readonly participant: Participant;
  readonly after: string | undefined;
  private readonly types: ReadonlySet<string>;
  /** Up to which id it was told of events while it caught up; it hears nothing live before that is done. */
  private liveAfter: string | undefined;
  /** Heartbeats since anything was heard. */
  private silentHeartbeats = 0;

  constructor(
    private readonly socket: WebSocket,
    { participant, types, after }: Subscription,
    /** Called when nothing can be sent any more: at once, not when the peer has agreed to the end. */
    private readonly onLeave: (subscriber: Subscriber) => void,
  ) {
    this.participant = participant;
    this.types = types;
    this.after = after;
    const heard = (): void => {
      this.silentHeartbeats = 0;
    };
    socket.on('pong', heard).on('ping', heard);
    socket.on('message', (_, isBinary) => {
      if (isBinary) this.close(CLOSE_UNSUPPORTED_DATA, 'binary frames are not understood');
      else heard();
    });
    const left = (): void => this.onLeave(this);
    socket.on('error', left).on('close', left);
  }

  /** Whose events it is to be told of. */
  get audience(): Audience {
    return this.participant.kind === 'maker'
      ? { maker: this.participant.wallet }
      : { takerId: this.participant.takerId, newOrders: this.wants('order_status_change') };
  }

  wants(type: PushMessage['type']): boolean {
    return this.types.has(type);
  }

  /** Sends a message that it wants; returns whether the message went out. */
  send(message: PushMessage): boolean {
    return this.wants(message.type) && this.sendText(JSON.stringify(message));
  }

  /** From now on it hears live events, after this id. */
  goLive(id: string): void {
    this.liveAfter = id;
  }

  /** Sends a live message, unless it is caught up with otherwise. */
  sendLive(message: PushMessage): boolean {
    return this.liveAfter !== undefined && message.id > this.liveAfter && this.send(message);
  }

  sendResync(message: ResyncMessage): void {
    this.sendText(JSON.stringify(message));
  }

  /** Waits until its socket has taken what was sent, but for a little; whether it is still there. */
  async drained(): Promise<boolean> {
    const deadline = performance.now() + DRAIN_TIMEOUT_MS;
    while (this.socket.bufferedAmount > CATCH_UP_BUFFERED_BYTES && this.isOpen) {
      if (performance.now() > deadline) this.close(CLOSE_TRY_AGAIN_LATER, 'reading too slowly');
      else await delay(DRAIN_CHECK_MS); // ws does not tell when it has drained
    }
    return this.isOpen;
  }

  /** Tells that the service is alive, and drops a peer from which nothing came for `limit` heartbeats. */
  beat(limit: number): void {
    if (this.silentHeartbeats >= limit) {
      this.terminate();
      return;
    }
    this.silentHeartbeats += 1;
    if (this.sendText(JSON.stringify({ type: 'heartbeat', timestamp: Date.now() }))) this.socket.ping();
  }

  /** Ends a socket whose key or token is of no use any more. */
  revoke(reason: string): void {
    this.close(CLOSE_POLICY_VIOLATION, reason);
  }

  terminate(): void {
    this.socket.terminate();
  }

  private get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  private sendText(text: string): boolean {
    if (!this.isOpen) return false;
    if (this.socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.close(CLOSE_TRY_AGAIN_LATER, 'reading too slowly');
      return false;
    }
    this.socket.send(text);
    return true;
  }

  private close(code: number, reason: string): void {
    this.socket.close(code, reason);
    this.onLeave(this);
  }
}
