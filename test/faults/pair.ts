import { ReplicatedPostgres } from '../support/replicated-postgres.js';
import { Database } from './database.js';
import { PostgresProxy } from './postgres-proxy.js';

const DATABASE = 'faults';

/** A primary and its hot standby. Which of them is the database is for the ways to it to say: the suite's own is one. */
export class Pair extends Database {
  /** All that run, also those that are neither any more. */
  private readonly servers: ReplicatedPostgres[];

  private constructor(
    public primary: ReplicatedPostgres,
    public standby: ReplicatedPostgres,
    private readonly front: PostgresProxy,
  ) {
    super(new URL(front.url));
    this.servers = [primary, standby];
  }

  static async start(): Promise<Pair> {
    const primary = await ReplicatedPostgres.create();
    await primary.query(`CREATE DATABASE ${DATABASE}`);
    const standby = await primary.standby();
    return new Pair(primary, standby, await PostgresProxy.before(new URL(primary.url(DATABASE))));
  }

  override get server(): URL {
    return this.at(this.primary);
  }

  at(server: ReplicatedPostgres): URL {
    return new URL(server.url(DATABASE));
  }

  /** The standby is promoted; resolves when it accepts writes. What was the primary stays as it is. */
  async failOver(): Promise<void> {
    await this.standby.promote();
    this.primary = this.standby;
  }

  /** A new standby beside the primary; what else there is goes. */
  async standBy(): Promise<void> {
    this.standby = await this.primary.standby();
    const old = this.servers.splice(0, this.servers.length, this.primary, this.standby);
    for (const server of old.filter((one) => one !== this.primary)) await server.remove();
  }

  /** Everything is dumped and restored into a new server, which takes the place of both. */
  async dumpAndRestore(): Promise<void> {
    const dump = await this.primary.dump(DATABASE);
    this.primary = await ReplicatedPostgres.create();
    this.servers.push(this.primary);
    await this.primary.restore(DATABASE, dump);
    await this.standBy();
  }

  /** The suite itself is at the primary from now on. */
  follow(): void {
    this.front.leadTo(this.server);
    this.front.cutAll();
  }

  async stop(): Promise<void> {
    await this.front.stop();
    for (const server of this.servers) await server.remove();
  }
}
