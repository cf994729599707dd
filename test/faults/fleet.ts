import { freePort } from '#database';
import { TEST_ENVIRONMENT } from '../support/service.js';
import type { Cluster } from './cluster.js';
import type { Database } from './database.js';
import { Member } from './member.js';
import { PostgresProxy } from './postgres-proxy.js';

/** Short, so that requests time out and are asked again while a fault lasts. */
export const CANCELLATION_TIMEOUT_S = 2;

/** A process with its own way to PostgreSQL. */
export interface Instance {
  member: Member;
  database: PostgresProxy;
}

/** Two API instances and two workers on a PostgreSQL of their own. */
export class Fleet<D extends Database = Cluster> {
  private constructor(
    readonly cluster: D,
    readonly instances: readonly [Instance, Instance],
    readonly workers: readonly [Member, Member],
    /** The ways of all processes to PostgreSQL. */
    readonly proxies: readonly PostgresProxy[],
  ) {}

  static async start<D extends Database>(cluster: D, changes: NodeJS.ProcessEnv = {}): Promise<Fleet<D>> {
    const instances = [
      await instance(cluster, 'API 1', changes),
      await instance(cluster, 'API 2', changes),
    ] as const;
    const workers = [await worker(cluster, 'worker 1'), await worker(cluster, 'worker 2')] as const;
    const fleet = new Fleet(
      cluster,
      instances,
      [workers[0].member, workers[1].member],
      [...instances, ...workers].map(({ database }) => database),
    );
    try {
      await Promise.all(fleet.members.map((member) => member.start()));
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  get members(): Member[] {
    return [...this.instances.map(({ member }) => member), ...this.workers];
  }

  get urls(): [string, string] {
    const [first, second] = this.instances;
    return [first.member.url, second.member.url];
  }

  async stop(): Promise<void> {
    try {
      await Promise.all(this.members.map((member) => member.stop()));
    } finally {
      await Promise.all(this.proxies.map((proxy) => proxy.stop()));
      await this.cluster.stop();
    }
  }

  /** What a failed fault has left must not be the next one's trouble. */
  async renew(): Promise<void> {
    for (const member of this.members) await member.renew();
  }
}

const environment = { ...TEST_ENVIRONMENT, LOG_LEVEL: 'warn' };

async function instance({ server }: Database, name: string, changes: NodeJS.ProcessEnv): Promise<Instance> {
  const database = await PostgresProxy.before(server);
  const port = String(await freePort());
  const member = new Member(name, `http://127.0.0.1:${port}`, 'dist/src/main.js', '/health/ready', {
    ...environment,
    PORT: port,
    DATABASE_URL: database.url,
    CANCELLATION_TIMEOUT_SECONDS: String(CANCELLATION_TIMEOUT_S),
    ...changes,
  });
  return { member, database };
}

async function worker({ server }: Database, name: string): Promise<Instance> {
  const database = await PostgresProxy.before(server);
  const port = String(await freePort());
  const member = new Member(name, `http://127.0.0.1:${port}`, 'dist/apps/worker/src/main.js', '/metrics', {
    ...environment,
    WORKER_METRICS_PORT: port,
    DATABASE_URL: database.url,
  });
  return { member, database };
}
