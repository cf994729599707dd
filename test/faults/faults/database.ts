import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Fleet } from '../fleet.js';
import { until } from '../../support/until.js';
import type { Fault } from './fault.js';

const REPLIES_A_ROUND = 5;
const TOO_MANY_CONNECTIONS = '53300';
const DISK_FULL = '53100';
const BETWEEN_GRABS_MS = 20;
/** Calls that are to meet the trouble before it is over. */
const REFUSED_CALLS = 10;

/** The transaction is done, and nobody is told. */
export const lostCommitReply: Fault = {
  name: 'the reply lost after COMMIT',
  times: 2,
  async inject({ fleet }) {
    const proxies = fleet.instances.map(({ database }) => database);
    const lost = () => proxies.reduce((sum, { repliesLost }) => sum + repliesLost, 0);
    const before = lost();
    for (const proxy of proxies) proxy.repliesToLose = REPLIES_A_ROUND;
    const target = before + REPLIES_A_ROUND * proxies.length;
    await until(() => lost() >= target, 'replies to COMMIT to be lost');
    return lost() - before;
  },
};

export const immediateRestart: Fault = {
  name: 'pg_ctl restart -m immediate',
  times: 2,
  async inject({ fleet }) {
    const before = await backendsOf(fleet);
    await fleet.cluster.crash();
    await everybodyWorks(fleet);
    requireNew(before, await backendsOf(fleet));
    return 1;
  },
};

/** The postmaster ends all others and recovers. */
export const killedBackend: Fault = {
  name: 'kill -9 of one PostgreSQL backend',
  times: 2,
  async inject({ fleet }) {
    const before = await backendsOf(fleet);
    process.kill(before[0]!, 'SIGKILL');
    await until(async () => !(await fleet.instances[0].member.works()), 'the database to be away');
    await everybodyWorks(fleet);
    requireNew(before, await backendsOf(fleet));
    return 1;
  },
};

/** The test takes all that are left, and those that the service is made to let go of. */
export const noConnectionsLeft: Fault = {
  name: 'connections exhausted',
  times: 2,
  async inject({ fleet, traffic: { ledger } }) {
    const held: Client[] = [await fleet.cluster.connect()];
    const refusals = () => ledger.told.filter(({ status }) => status === 503).length;
    const before = refusals();
    try {
      await until(async () => {
        await takeAll(fleet, held);
        await held[0]!.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'lockstep %'`,
        );
        await takeAll(fleet, held);
        await delay(BETWEEN_GRABS_MS);
        return refusals() >= before + REFUSED_CALLS;
      }, 'calls to be refused');
    } finally {
      await Promise.all(held.map((client) => client.end()));
    }
    await everybodyWorks(fleet);
    return 1;
  },
};

async function takeAll({ cluster }: Fleet, held: Client[]): Promise<void> {
  for (;;) {
    try {
      held.push(await cluster.connect());
    } catch (error) {
      if ((error as { code?: unknown }).code === TOO_MANY_CONNECTIONS) return;
      throw error;
    }
  }
}

export const fullDisk: Fault = {
  name: 'disk full of the data tablespace',
  times: 2,
  impossible: ({ cluster }) => cluster.noTablespace,
  async inject({ fleet, traffic: { ledger } }) {
    const refusals = () => ledger.told.filter(({ status }) => status === 503).length;
    const before = refusals();
    fleet.cluster.fillDisk();
    try {
      await requireFull(fleet);
      await until(() => refusals() >= before + REFUSED_CALLS, 'calls to be refused');
    } finally {
      fleet.cluster.freeDisk();
    }
    await everybodyWorks(fleet);
    return 1;
  },
};

async function requireFull({ cluster }: Fleet): Promise<void> {
  const write = cluster.query(
    `CREATE TABLE too_much AS SELECT repeat('x', 1000) FROM generate_series(1, 1000)`,
  );
  const code = await write.then(
    () => undefined,
    (error: { code?: string }) => error.code,
  );
  if (code !== DISK_FULL) throw new Error(`the disk is not full: ${code}`);
}

/** The process ids of the service's connections. */
async function backendsOf({ cluster }: Fleet): Promise<number[]> {
  const rows = await cluster.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'lockstep %'`,
  );
  return rows.map(({ pid }) => pid);
}

function requireNew(before: number[], after: number[]): void {
  if (before.length === 0 || after.some((pid) => before.includes(pid)))
    throw new Error(`not every connection is new: ${before} before, ${after} after`);
}

export async function everybodyWorks({ instances }: Pick<Fleet, 'instances'>): Promise<void> {
  for (const { member } of instances) await until(() => member.works(), `${member.name} to work again`);
}
