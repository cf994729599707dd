import { freePort } from '#database';
import { TEST_ENVIRONMENT } from '../support/service.js';
import { Cluster } from './cluster.js';
import { Member } from './member.js';
import { PostgresProxy } from './postgres-proxy.js';

/** Short, so that requests time out and are asked again while a fault lasts. */
export const CANCELLATION_TIMEOUT_S = 2;

/** An API instance with its own way to PostgreSQL. */
export interface Instance {
  member: Member;
  database: PostgresProxy;
}

/** Two API instances and two workers on a PostgreSQL of their own. */
export class Fleet {
  private constructor(
    readonly cluster: Cluster,
    readonly instances: readonly [Instance, Instance],
    readonly workers: readonly [Member, Member],
  ) {}

  static async start(): Promise<Fleet> {
    const cluster = await Cluster.start();
    const instances = [await instance(cluster, 'API 1'), await instance(cluster, 'API 2')] as const;
    const workers = [await worker(cluster, 'worker 1'), await worker(cluster, 'worker 2')] as const;
    const fleet = new Fleet(cluster, instances, workers);
    await Promise.all(fleet.members.map((member) => member.start()));
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
    await Promise.all(this.members.map((member) => member.stop()));
    await Promise.all(this.instances.map(({ database }) => database.stop()));
    await this.cluster.stop();
  }
}

const environment = { ...TEST_ENVIRONMENT, LOG_LEVEL: 'warn' };

async function instance(cluster: Cluster, name: string): Promise<Instance> {
  const database = await PostgresProxy.before(cluster.url);
  const port = String(await freePort());
  const member = new Member(name, `http://127.0.0.1:${port}`, 'dist/src/main.js', '/health/ready', {
    ...environment,
    PORT: port,
    DATABASE_URL: database.url,
    CANCELLATION_TIMEOUT_SECONDS: String(CANCELLATION_TIMEOUT_S),
  });
  return { member, database };
}

async function worker(cluster: Cluster, name: string): Promise<Member> {
  const port = String(await freePort());
  return new Member(name, `http://127.0.0.1:${port}`, 'dist/apps/worker/src/main.js', '/metrics', {
    ...environment,
    WORKER_METRICS_PORT: port,
    DATABASE_URL: cluster.url.href,
  });
}
