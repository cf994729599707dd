import pg, { type PoolClient, type PoolConfig } from 'pg';
import { DatabaseClient } from './database-client.js';
import { asDatabaseError, DatabaseUnavailableError } from './database-errors.js';

/** A connection that is as old as one that was abandoned has so long for an answer that it waits for. */
const LAST_CHANCE_MS = 1_000;

type Taken = (error: Error | undefined, client: PoolClient | undefined, release: () => void) => void;

/**
 * A pool of our connections. When one is abandoned, those that are as old lead to the same dead or wrong peer: none is
 * used again.
 */
export class DatabasePool extends pg.Pool {
  private readonly idle = new Set<DatabaseClient>();
  private readonly busy = new Set<DatabaseClient>();
  private readonly outdated = new WeakSet<DatabaseClient>();

  constructor(config: PoolConfig) {
    super({ ...config, Client: DatabaseClient as never });
    this.on('connect', (client) => ours(client).once('abandoned', () => this.renew()));
    this.on('acquire', (client) => this.lend(ours(client)));
    this.on('release', (_, client) => this.takeBack(ours(client)));
    this.on('remove', (client) => this.forget(ours(client)));
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: Taken): void;
  override connect(callback?: Taken): Promise<PoolClient> | void {
    if (callback) {
      super.connect((error, client, release) => callback(error && asDatabaseError(error), client, release));
      return;
    }
    return super.connect().catch((error: Error) => {
      throw asDatabaseError(error);
    });
  }

  private renew(): void {
    const reason = new DatabaseUnavailableError('another connection to the same server was abandoned');
    for (const client of this.idle) client.destroy(reason);
    const old = [...this.busy];
    for (const client of old) this.outdated.add(client);
    setTimeout(() => {
      for (const client of old) if (client.waitingMs >= LAST_CHANCE_MS) client.destroy(reason);
    }, LAST_CHANCE_MS).unref();
  }

  private lend(client: DatabaseClient): void {
    this.idle.delete(client);
    this.busy.add(client);
  }

  private takeBack(client: DatabaseClient): void {
    this.busy.delete(client);
    this.idle.add(client);
    if (!this.outdated.has(client)) return;
    void client.end(); // the pool keeps none that is ending
    client.destroy();
  }

  private forget(client: DatabaseClient): void {
    this.idle.delete(client);
    this.busy.delete(client);
  }
}

const ours = (client: unknown): DatabaseClient => client as DatabaseClient;
