import type { PushMessage } from '#events';
import { WebSocket } from 'ws';

/** A reader this far behind (bytes not yet taken by its socket) is closed and resumes later. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
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
}

/** One open socket and what it wants to hear. */
export class Subscriber {
  readonly participant: Participant;
  private readonly types: ReadonlySet<string>;
  /** Heartbeats since anything was heard. */
  private silentHeartbeats = 0;

  constructor(
    private readonly socket: WebSocket,
    { participant, types }: Subscription,
    /** Called when nothing can be sent any more: at once, not when the peer has agreed to the end. */
    private readonly onLeave: (subscriber: Subscriber) => void,
  ) {
    this.participant = participant;
    this.types = types;
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

  wants(type: PushMessage['type']): boolean {
    return this.types.has(type);
  }

  /** Sends a message that it wants; returns whether the message went out. */
  send(message: PushMessage): boolean {
    return this.wants(message.type) && this.sendText(JSON.stringify(message));
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

  private sendText(text: string): boolean {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
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
