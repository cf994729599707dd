import { setTimeout as delay } from 'node:timers/promises';
import {
  type CancellationRequest,
  createTaker,
  LockstepError,
  type OrderStatusChange,
  type Session,
  type Taker,
  type TakerMessage,
  termsOf,
} from '#client';
import type { TakerClient } from '../../support/clients.js';

const RESTART_MS = 1_000;
const RETRY_MS = 300;
/** Statuses that another try would not change. */
const FINAL = new Set([400, 401, 403, 404, 409]);

/** A taker that answers by itself what it watches. As it stands it is correct; each of those below breaks one thing. */
export class HandmadeBot {
  protected readonly client: Taker;
  private readonly stop = new AbortController();
  private readonly running: Promise<void>;
  private readonly seen = new Set<string>();
  private session: Session | undefined;

  constructor(url: string, { apiKey, apiSecret, address }: TakerClient) {
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

  /** Whether it sends an answer again whose fate nobody knows. */
  protected triesAgain(_error: unknown): boolean {
    return true;
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
        this.session = await this.client.watch({
          onMessage: (message) => this.hear(message),
          onResync: () => this.client.availableOrders(),
          onProblem: () => {},
          signal,
        });
        await this.session.ended;
      } catch {
        await this.pause(RESTART_MS);
      }
    }
  }

  private async hear({ type, id, data }: TakerMessage): Promise<void> {
    if (type === 'order_status_change') await this.lock(id, data);
    if (type === 'cancellation_request' && this.accepts(data)) await this.answer(data);
  }

  private async lock(id: string, { order_hash, from_status }: OrderStatusChange): Promise<void> {
    if (from_status === null && this.isNew(id)) await this.client.lock({ order_hash });
  }

  private async answer(request: CancellationRequest): Promise<void> {
    const { order_hash, metadata } = request;
    const { request_id } = metadata;
    const cancellation_success = this.verdictOn(request);
    while (!this.stop.signal.aborted) {
      try {
        await this.client.answerCancellation({ order_hash, request_id, cancellation_success, message: '' });
        await this.afterAnswer(request).catch(() => {});
        return;
      } catch (error) {
        const isRefused = error instanceof LockstepError && FINAL.has(error.status);
        if (isRefused || !this.triesAgain(error)) return;
        await this.pause(this.waitsAfter(error));
      }
    }
  }

  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stop.signal }).catch(() => {});
  }
}

/** Takes a request that was pushed before for one that it has seen. */
export class Dropper extends HandmadeBot {
  protected override accepts(request: CancellationRequest): boolean {
    return !request.metadata.redelivered && super.accepts(request);
  }
}

/** Decides anew whenever it is asked. */
export class Waverer extends HandmadeBot {
  private readonly verdicts = new Map<string, boolean>();

  protected override accepts(): boolean {
    return true;
  }

  protected override verdictOn({ metadata }: CancellationRequest): boolean {
    const verdict = !this.verdicts.get(metadata.request_id);
    this.verdicts.set(metadata.request_id, verdict);
    return verdict;
  }
}

/** Leaves it at that when it hears nothing. */
export class Quitter extends HandmadeBot {
  protected override triesAgain(error: unknown): boolean {
    return error instanceof LockstepError;
  }
}

/** Trades what it has given up. */
export class Filler extends HandmadeBot {
  protected override async afterAnswer({ order_hash }: CancellationRequest): Promise<unknown> {
    const order = await this.client.order(order_hash);
    const { signature, quantity } = order;
    const trade = { order: termsOf(order), signature, fill_quantity: quantity, taker_incentive: '0' };
    return this.client.fill(trade);
  }
}

/** Comes back when it likes. */
export class Hasty extends HandmadeBot {
  protected override waitsAfter(): number {
    return RETRY_MS;
  }
}

/** Asks for what the service does not know. */
export class Misspeller extends HandmadeBot {
  protected override afterAnswer(): Promise<unknown> {
    return this.client.orders({ pagesize: 5 } as object);
  }
}
