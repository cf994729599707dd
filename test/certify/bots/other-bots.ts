import type { Session } from '#client';
import { type Answer, HandmadeBot } from './handmade-bot.js';

const POLL_MS = 50;

/** Reads what it has missed before it connects again. */
export class Catcher extends HandmadeBot {
  private lastId: string | undefined;

  protected override async connect(): Promise<Pick<Session, 'close' | 'ended'>> {
    const { events, last_id } = await this.client.events({ after: this.lastId });
    this.lastId = last_id ?? undefined;
    for (const message of events) void this.hear(message).catch(() => {});
    return this.client.watch({
      after: this.lastId,
      onMessage: (message) => this.hear(message),
      onProblem: () => void this.session?.close(),
      signal: this.stop.signal,
    });
  }
}

/** Hears of orders on one socket, and is asked on another. */
export class Splitter extends HandmadeBot {
  protected override async connect(): Promise<Pick<Session, 'close' | 'ended'>> {
    const types = ['order_status_change', 'cancellation_request'] as const;
    const sessions = await Promise.all(
      types.map((type) =>
        this.client.watch({
          types: [type],
          onMessage: (message) => this.hear(message),
          onResync: () => this.goOnAnew(),
          onProblem: () => {},
          signal: this.stop.signal,
        }),
      ),
    );
    return {
      ended: Promise.all(sessions.map(({ ended }) => ended)).then(() => undefined),
      close: async () => void (await Promise.all(sessions.map((session) => session.close()))),
    };
  }
}

/** Hears of new orders, and reads what it is asked. */
export class Poller extends HandmadeBot {
  protected override async connect(): Promise<Pick<Session, 'close' | 'ended'>> {
    void this.poll();
    return this.client.watch({
      types: ['order_status_change'],
      onMessage: (message) => this.hear(message),
      onProblem: () => {},
      signal: this.stop.signal,
    });
  }

  private async poll(): Promise<void> {
    for (; !this.stop.signal.aborted; await this.pause(POLL_MS)) await this.answerAll().catch(() => {});
  }

  private async answerAll(): Promise<void> {
    const { requests } = await this.client.cancellationRequests({ status: ['requested'] });
    const asked = requests.filter(({ request_id }) => this.isNew(request_id));
    await Promise.all(
      asked.map(({ order_hash, request_id }) =>
        this.send({ order_hash, request_id, cancellation_success: true, message: '' }),
      ),
    );
  }
}

/** Gives an order back when it is asked about it, and does not answer. */
export class Giver extends HandmadeBot {
  protected override send({ order_hash }: Answer): Promise<unknown> {
    return this.client.unlock({ order_hash });
  }
}
