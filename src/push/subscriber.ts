import type { PushMessage } from '#events';
import { WebSocket } from 'ws';

/** A reader this far behind (bytes not yet taken by its socket) is closed and resumes later. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
const CLOSE_GOING_AWAY = 1001;
const CLOSE_TRY_AGAIN_LATER = 1013;

/** Whose socket it is. */
export type Participant = { kind: 'taker'; takerId: string } | { kind: 'maker'; wallet: string };

/** What an upgrade request asks for, once its sender is known. */
export interface Subscription {
  participant: Participant;
  types: ReadonlySet<string>;
}

/** One open socket and what it wants to hear. */
export class Subscriber {
  /** Whether anything was heard since the last heartbeat, and the one before. */
  private silentHeartbeats = 0;

  constructor(
    private readonly socket: WebSocket,
    readonly participant: Participant,
    private readonly types: ReadonlySet<string>,
  ) {
    const heard = (): void => {
      this.silentHeartbeats = 0;
    };
    socket.on('pong', heard).on('ping', heard).on('message', heard);
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
      this.socket.terminate();
      return;
    }
    this.silentHeartbeats += 1;
    if (this.sendText(JSON.stringify({ type: 'heartbeat', timestamp: Date.now() }))) this.socket.ping();
  }

  goAway(): void {
    this.socket.close(CLOSE_GOING_AWAY, 'the service is stopping');
  }

  terminate(): void {
    this.socket.terminate();
  }

  private sendText(text: string): boolean {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
    if (this.socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.socket.close(CLOSE_TRY_AGAIN_LATER, 'reading too slowly');
      return false;
    }
    this.socket.send(text);
    return true;
  }
}
