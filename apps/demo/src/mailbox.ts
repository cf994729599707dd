import { EventEmitter, once } from 'node:events';
import type { EventMessage } from '#client';
import { DemoFailure } from './demo-failure.js';
import type { Actor, Screen } from './screen.js';

/** Nobody keeps a book in the play. */
type Kind = Exclude<EventMessage['type'], 'order_book_change'>;
export type Message = { [K in Kind]: { type: K; data: Extract<EventMessage, { type: K }>['data'] } }[Kind];

/** A push that must come: its type, and what its data must say. */
export interface Expected {
  type: Kind;
  data: Record<string, unknown>;
}

/** What of a push is worth printing. */
const SHOWN: Record<Kind, string[]> = {
  order_status_change: ['from_status', 'to_status'],
  cancellation_request: ['order_hash', 'reason', 'metadata.request_id', 'metadata.on_timeout'],
  cancellation_update: ['request_id', 'status', 'resolved_by', 'message'],
};
/** How long anything may take that normally happens at once. */
const PATIENCE_MS = 15_000;

/** Keeps what one participant's socket pushes until the play comes to it. */
export class Mailbox {
  readonly heard: Message[] = [];
  private told = 0;
  /** Rings when there is something new; an error is one of the socket. */
  private readonly bell = new EventEmitter();
  private problem: unknown;

  constructor(
    private readonly actor: Actor,
    private readonly screen: Screen,
    private readonly signal: AbortSignal,
  ) {}

  keep(message: Message): void {
    this.heard.push(message);
    this.bell.emit('ring');
  }

  /** Nothing may go wrong in a play: whoever waits for a push is told. */
  fail(problem: unknown): void {
    this.problem ??= problem;
    this.bell.emit('ring');
  }

  /** Waits for these pushes about an order, in whatever order they come; prints them and any other about it. */
  hear(orderHash: string, ...expected: Expected[]): Promise<Message[]> {
    return this.hearWithin(PATIENCE_MS, orderHash, expected);
  }

  /** The same of what happens at a certain time. */
  hearUntil(time: Date, orderHash: string, ...expected: Expected[]): Promise<Message[]> {
    return this.hearWithin(Math.max(0, time.getTime() - Date.now()) + PATIENCE_MS, orderHash, expected);
  }

  private async hearWithin(patienceMs: number, orderHash: string, expected: Expected[]): Promise<Message[]> {
    const met: Message[] = [];
    const missing = [...expected];
    while (missing.length > 0) {
      const message = await this.next(orderHash, missing[0]!, patienceMs);
      this.screen.push(this.actor, message.type, message.data, SHOWN[message.type]);
      const index = missing.findIndex((wanted) => fits(message, wanted));
      if (index >= 0) {
        missing.splice(index, 1);
        met.push(message);
      }
    }
    return met;
  }

  /** The next message about an order; a taker also hears of orders that are none of the play's business. */
  private async next(orderHash: string, wanted: Expected, patienceMs: number): Promise<Message> {
    const limit = AbortSignal.timeout(patienceMs);
    for (;;) {
      this.signal.throwIfAborted();
      const message = this.heard[this.told];
      if (message) {
        this.told += 1;
        if (message.data.order_hash === orderHash) return message;
      } else {
        const what = `${wanted.type} ${JSON.stringify(wanted.data)}`;
        if (this.problem)
          throw new DemoFailure(
            `The ${this.actor}'s line failed before ${what} came: ${(this.problem as Error).message}`,
          );
        if (limit.aborted)
          throw new DemoFailure(
            `The ${this.actor} waited ${Math.round(patienceMs / 1000)} s in vain for ${what}.`,
          );
        const woken = AbortSignal.any([this.signal, limit]);
        await once(this.bell, 'ring', { signal: woken }).catch(() => undefined);
      }
    }
  }
}

function fits(message: Message, { type, data }: Expected): boolean {
  const heard = message.data as unknown as Record<string, unknown>;
  return message.type === type && Object.entries(data).every(([name, value]) => heard[name] === value);
}
