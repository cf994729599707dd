import { setTimeout as delay } from 'node:timers/promises';
import { type Audience, type PushMessage, type ResyncMessage, takerAudience } from '#events';
import type { Tracer } from '#tracing';
import { WebSocket } from 'ws';
import { beginPush, type PushFrame } from './push-frame.js';

/** A reader this far behind (bytes not yet taken by its socket) is closed and resumes later. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** While a subscriber is told what it missed, no more is read for it than this beyond what its socket has taken. */
const REPLAY_BUFFERED_BYTES = 256 * 1024;
/** Live messages that wait until it is told what came before them. */
const MAX_HELD = 500;
const DRAIN_CHECK_MS = 10;
/** A subscriber that takes nothing of what it missed for so long is as good as gone. */
const DRAIN_TIMEOUT_MS = 30_000;
const CLOSE_UNSUPPORTED_DATA = 1003;
const CLOSE_POLICY_VIOLATION = 1008;
const CLOSE_SERVICE_RESTART = 1012;
const CLOSE_TRY_AGAIN_LATER = 1013;

/** Whose socket it is, and what it was opened with. */
export type Participant =
  | { kind: 'taker'; takerId: string; keyId: string; isSuspended: boolean }
  | {
      kind: 'maker';
      wallet: string;
      /** Of its token, Unix ms. */
      expiresAt: number;
      /** Of its token. */
      generation: number;
    };

/** By whom sockets are counted, and told one after the other what they missed. */
export function callerOf(participant: Participant): string {
  return participant.kind === 'taker' ? participant.keyId : participant.wallet;
}

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
  /** Not before it is told what it missed. */
  private isLive = false;
  /** Live messages that wait. Undefined: none are to wait, or too many have come. */
  private held: PushFrame[] | undefined;
  /** Up to where it has heard everything before. */
  private skippedUpTo = '';
  /** Heartbeats since anything was heard. */
  private silentHeartbeats = 0;

  constructor(
    private readonly socket: WebSocket,
    { participant, types, after }: Subscription,
    /** Called when nothing can be sent any more: at once, not when the peer has agreed to the end. */
    private readonly onLeave: (subscriber: Subscriber) => void,
    private readonly tracer?: Tracer,
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
      : takerAudience(this.participant.takerId, this.types);
  }

  wants(type: PushMessage['type']): boolean {
    return this.types.has(type);
  }

  /** Sends a message that it wants; returns whether the message went out. */
  send(frame: PushFrame): boolean {
    if (!this.wants(frame.type)) return false;
    const span = this.tracer && beginPush(this.tracer, frame, this.participant.kind);
    const isSent = this.sendJson(frame.json, span && ((error) => span.end(error)));
    if (!isSent) span?.end('not_sent');
    return isSent;
  }

  /** It heard of all events up to this id on another connection. */
  skipUpTo(id: string): void {
    this.skippedUpTo = id;
  }

  /** Live messages from now on wait, and those that waited before are forgotten. */
  hold(): void {
    this.held = [];
  }

  /** Sends what waited, and live messages from now on. Returns what it sent, or nothing when more has come than may wait. */
  goLive(): PushFrame[] | undefined {
    const { held } = this;
    if (!held) return undefined;
    this.held = undefined;
    this.isLive = true;
    return held.filter((frame) => this.send(frame));
  }

  /** Sends a live message, or keeps it for later; returns whether it went out. */
  sendLive(frame: PushFrame): boolean {
    if (frame.id <= this.skippedUpTo) return false;
    if (this.isLive) return this.send(frame);
    if (this.held && this.held.length < MAX_HELD) this.held.push(frame);
    else this.held = undefined;
    return false;
  }

  sendResync(message: ResyncMessage): void {
    this.sendJson(Buffer.from(JSON.stringify(message)));
  }

  /** Waits until its socket has taken what was sent, but for a little; whether it is still there. */
  async drained(): Promise<boolean> {
    const deadline = performance.now() + DRAIN_TIMEOUT_MS;
    while (this.socket.bufferedAmount > REPLAY_BUFFERED_BYTES && this.isOpen) {
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
    const heartbeat = JSON.stringify({ type: 'heartbeat', timestamp: Date.now() });
    if (this.sendJson(Buffer.from(heartbeat))) this.socket.ping();
  }

  /** Ends a socket whose key or token is of no use any more. */
  revoke(reason: string): void {
    this.close(CLOSE_POLICY_VIOLATION, reason);
  }

  /** Ends a socket that is to be opened anew: what it was opened with, or was told, holds no more. */
  restart(reason: string): void {
    this.close(CLOSE_SERVICE_RESTART, `${reason}: connect again`);
  }

  terminate(): void {
    this.socket.terminate();
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  private sendJson(json: Buffer, onTaken?: (error?: Error) => void): boolean {
    if (!this.isOpen) return false;
    if (this.socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.close(CLOSE_TRY_AGAIN_LATER, 'reading too slowly');
      return false;
    }
    this.socket.send(json, { binary: false }, onTaken);
    return true;
  }

  private close(code: number, reason: string): void {
    this.socket.close(code, reason);
    this.onLeave(this);
  }
}
