import { setTimeout as delay } from 'node:timers/promises';
import {
  type CancellationRequest,
  createTaker,
  type OrderStatusChange,
  type Session,
  type Taker,
  termsOf,
  type Verdict,
} from '#client';
import type { TakerClient } from '../../support/clients.js';

/** How long a bot waits before it starts anew after its session was refused. */
const RESTART_MS = 1_000;
const GIVE_UP: Verdict = { cancel: true, message: 'Not traded yet' };
const KEEP: Verdict = { cancel: false, message: 'Already trading' };

/** A taker on the client's session: it locks every new order, and in turn keeps one and fills it, unlocks one first, and gives three up. */
export class SessionBot {
  private readonly client: Taker;
  private readonly stop = new AbortController();
  private readonly running: Promise<void>;
  private session: Session | undefined;
  private asked = 0;

  constructor(url: string, { apiKey, apiSecret, address }: TakerClient) {
    this.client = createTaker({ url, apiKey, apiSecret, address });
    this.running = this.run();
  }

  async end(): Promise<void> {
    this.stop.abort();
    await this.session?.close();
    await this.running;
  }

  /** Begins anew when the session was refused for good, as a process manager would. */
  private async run(): Promise<void> {
    const { signal } = this.stop;
    while (!signal.aborted) {
      try {
        this.session = await this.client.listen({
          onOrderStatusChange: (change) => this.lock(change),
          onCancellationRequest: (request) => this.decide(request),
          onAnswered: ({ request, verdict }) => this.goOn(request, verdict),
          onResync: () => this.readLists(),
          onProblem: () => {},
          signal,
        });
        await this.session.ended;
      } catch {
        await delay(RESTART_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  private async lock({ order_hash, from_status }: OrderStatusChange): Promise<void> {
    if (from_status === null) await this.client.lock({ order_hash });
  }

  private async decide({ order_hash }: CancellationRequest): Promise<Verdict> {
    const turn = this.asked++ % 5;
    if (turn === 0) return KEEP;
    if (turn === 1) await this.client.unlock({ order_hash });
    return GIVE_UP;
  }

  private async goOn({ order_hash }: CancellationRequest, { cancel }: Verdict): Promise<void> {
    if (cancel) return;
    const order = await this.client.order(order_hash);
    const { signature, quantity } = order;
    const trade = { order: termsOf(order), signature, fill_quantity: quantity, taker_incentive: '0' };
    await this.client.fill(trade);
  }

  private async readLists(): Promise<void> {
    for (const { order_hash } of await this.client.availableOrders()) await this.client.lock({ order_hash });
  }
}
