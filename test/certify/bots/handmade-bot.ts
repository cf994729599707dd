import { setTimeout as delay } from 'node:timers/promises';
import {
  type CancellationRequest,
  createTaker,
  isFinal,
  LockstepError,
  type OrderStatusChange,
  type Session,
  type Taker,
  type TakerMessage,
} from '#client';
import type { TakerClient } from '../../support/clients.js';

const RETRY_MS = 300;

export interface Answer {
  order_hash: string;
  request_id: string;
  cancellation_success: boolean;
  message: string;
}

/** A taker that answers by itself what it watches. As it stands it is correct; each of wrong-bots.ts breaks one thing. */
export class HandmadeBot {
  protected readonly client: Taker;
  protected readonly stop = new AbortController();
  /** How long it waits before it starts anew after its session was refused. */
  protected readonly restartMs: number = 1_000;
  private readonly running: Promise<void>;
  private readonly seen = new Set<string>();
  protected session: Pick<Session, 'close' | 'ended'> | undefined;

  constructor(
    protected readonly url: string,
    protected readonly taker: TakerClient,
  ) {
    const { apiKey, apiSecret, address } = taker;
    this.client = createTaker({ url, apiKey, apiSecret, address });
    this.running = this.run();
  }

  async end(): Promise<void> {
    this.stop.abort();
    await this.session?.close();
    await this.running;
  }

  /** Whether it sees to a request; once each, as a correct one does. */
  protected accepts({ metadata }: CancellationRequest): boolean {
    return this.isNew(metadata.request_id);
  }

  protected verdictOn(_request: CancellationRequest): boolean {
    return true;
  }

  /** Whether it sends an answer again. */
  protected triesAgain(error: unknown): boolean {
    return !isFinal(error);
  }

  protected waitsAfter(error: unknown): number {
    const asked = error instanceof LockstepError ? (error.retryAfterSeconds ?? 0) : 0;
    return asked * 1000 + RETRY_MS;
  }

  protected async afterAnswer(_request: CancellationRequest): Promise<unknown> {
    return undefined;
  }

  protected isNew(id: string): boolean {
    return !this.seen.has(id) && Boolean(this.seen.add(id));
  }

  private async run(): Promise<void> {
    const { signal } = this.stop;
    while (!signal.aborted) {
      try {
        this.session = await this.connect();
        await this.session.ended;
      } catch {
        await this.pause(this.restartMs);
      }
    }
  }

  protected connect(): Promise<Pick<Session, 'close' | 'ended'>> {
    return this.client.watch({
      onMessage: (message) => this.hear(message),
      onResync: () => this.goOnAnew(),
      onProblem: () => this.missConnection(),
      signal: this.stop.signal,
    });
  }

  protected async goOnAnew(): Promise<unknown> {
    return this.client.availableOrders();
  }

  /** A connection or call was lost; the session sees to it. */
  protected missConnection(): void {}

  protected async hear({ type, id, data }: TakerMessage): Promise<void> {
    if (type === 'order_status_change') await this.lock(id, data);
    if (type === 'cancellation_request' && this.accepts(data)) await this.answer(data);
  }

  protected async lock(id: string, { order_hash, from_status }: OrderStatusChange): Promise<void> {
    if (from_status === null && this.isNew(id)) await this.client.lock({ order_hash });
  }

  private async answer(request: CancellationRequest): Promise<void> {
    const { order_hash, metadata } = request;
    const { request_id } = metadata;
    const cancellation_success = this.verdictOn(request);
    while (!this.stop.signal.aborted) {
      try {
        await this.send({ order_hash, request_id, cancellation_success, message: '' });
        await this.afterAnswer(request).catch(() => {});
        return;
      } catch (error) {
        if (!this.triesAgain(error)) return;
        await this.pause(this.waitsAfter(error));
      }
    }
  }

  protected send(answer: Answer): Promise<unknown> {
    return this.client.answerCancellation(answer);
  }

  protected async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stop.signal }).catch(() => {});
  }
}
