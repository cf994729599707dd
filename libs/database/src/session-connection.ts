import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { DatabaseClient } from './database-client.js';

/** How often the connection is used, at least: a peer that vanished is noticed by the answer that does not come. */
const BEAT_INTERVAL_MS = 1_000;
const ANSWER_TIMEOUT_MS = 3_000;
const RECONNECT_DELAY_MS = 1_000;
/** PostgreSQL gives a statement up before its connection is, so that none goes on there that nobody waits for. */
const STATEMENT_TIMEOUT_MS = 2_500;
/** PostgreSQL ends the session of a process that stands still for so long, and what it holds becomes free. */
const IDLE_SESSION_TIMEOUT_MS = 10_000;

export interface SessionConnectionUse {
  /** Called with each connection that is made. */
  begin?: (client: Client) => Promise<unknown>;
  /** Called every second; says anything to the database. */
  beat?: (client: Client) => Promise<unknown>;
  /** Called when a connection is lost or cannot be made. */
  onLost: (error: Error) => void;
}

/**
 * One connection outside of the pool, for what lives with a session: LISTEN, an advisory lock, a setting. It is made anew
 * whenever it is lost, also when its peer just falls silent.
 */
export class SessionConnection {
  private current: Client | undefined;
  private lastTurn: Promise<unknown> = Promise.resolve();
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;

  constructor(
    private readonly url: string,
    private readonly use: SessionConnectionUse,
  ) {
    this.running = this.run();
  }

  /** The connection, while there is one. */
  get client(): Client | undefined {
    return this.current;
  }

  /** Does something over it, after what is under way; without a connection it does nothing. */
  async with<T>(work: (client: Client) => Promise<T>): Promise<T | undefined> {
    const client = this.current;
    return client && this.inTurn(() => work(client));
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.lastTurn.then(work);
    this.lastTurn = turn.catch(() => {});
    return turn;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const client = new DatabaseClient({
        connectionString: this.url,
        connectTimeoutMs: ANSWER_TIMEOUT_MS,
        answerTimeoutMs: ANSWER_TIMEOUT_MS,
      });
      try {
        await this.hold(client);
      } catch (error) {
        this.use.onLost(error as Error);
      } finally {
        this.current = undefined;
        void client.end();
      }
      await this.pause(RECONNECT_DELAY_MS);
    }
  }

  /** Resolves when it is to stop, rejects when the connection is lost. */
  private async hold(client: Client): Promise<void> {
    const lost = new Promise<never>((_, reject) => {
      client.on('error', reject).on('end', () => reject(new Error('the connection was closed')));
    });
    lost.catch(() => {}); // also when nobody waits for it yet
    await client.connect();
    await client.query(
      `SET idle_session_timeout = ${IDLE_SESSION_TIMEOUT_MS}; SET statement_timeout = ${STATEMENT_TIMEOUT_MS}`,
    );
    await this.use.begin?.(client);
    this.current = client;
    while (!this.stopping.signal.aborted) {
      await Promise.race([this.pause(BEAT_INTERVAL_MS), lost]);
      if (this.stopping.signal.aborted) break;
      const beat = this.inTurn(async () => this.use.beat?.(client) ?? client.query('SELECT 1'));
      await Promise.race([beat, lost]);
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.stopping.signal }).catch(() => {});
  }
}

/** Where an open DataSource is connected to. */
export function urlOf({ options }: DataSource): string {
  return (options as { url: string }).url;
}
