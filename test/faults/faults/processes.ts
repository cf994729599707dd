import { until } from '../../support/until.js';
import type { Fault, Scene } from './fault.js';

/** Two time-outs of 10 s and a little. */
const FREEZE_PATIENCE_MS = 40_000;

/** In the middle of a call. */
export const killedInstance: Fault = {
  name: 'kill -9 of an API instance',
  times: 2,
  async inject({ fleet, traffic: { ledger } }, round) {
    const { member } = fleet.instances[round % 2]!;
    const before = ledger.unanswered;
    await until(() => ledger.underWayAt(member.url) > 0, 'a call to be under way');
    await member.kill();
    await until(() => ledger.unanswered > before, 'the call to break off');
    await member.start();
    return 1;
  },
};

/** While there is something for it to do. */
export const killedWorker: Fault = {
  name: 'kill -9 of a worker',
  times: 2,
  async inject({ fleet }, round) {
    const worker = fleet.workers[round % 2]!;
    await until(async () => {
      const [row] = await fleet.cluster.query<{ due: boolean }>(
        `SELECT EXISTS (SELECT FROM cancellation_requests
           WHERE status = 'requested' AND expires_at <= clock_timestamp()) AS due`,
      );
      return row!.due;
    }, 'a request to be due');
    await worker.kill();
    await worker.start();
    return 1;
  },
};

/** Past every time-out, and with a transaction open that PostgreSQL ends meanwhile. */
export const frozenInstance: Fault = {
  name: 'SIGSTOP of an instance past every time-out, then SIGCONT',
  times: 2,
  async inject(scene, round) {
    const { member } = scene.fleet.instances[round % 2]!;
    const isHeld = () => holdsTransaction(scene, member.pid);
    try {
      await until(async () => {
        member.signal('SIGSTOP');
        if (await isHeld()) return true;
        member.signal('SIGCONT');
        return false;
      }, 'the instance to stop in the middle of a transaction');
      await until(async () => !(await isHeld()), 'PostgreSQL to end its transaction', FREEZE_PATIENCE_MS);
    } finally {
      member.signal('SIGCONT');
    }
    await until(() => member.works(), 'the instance to work again');
    return 1;
  },
};

async function holdsTransaction({ fleet }: Scene, pid: number): Promise<boolean> {
  const rows = await fleet.cluster.query(
    `SELECT FROM pg_stat_activity WHERE application_name = $1 AND state = 'idle in transaction'`,
    [`lockstep ${pid}`],
  );
  return rows.length > 0;
}

/** One after the other, as a new version is rolled out. */
export const rollingRestart: Fault = {
  name: 'rolling restart of both instances',
  times: 2,
  async inject({ fleet }) {
    for (const { member } of fleet.instances) {
      await member.stop();
      await member.start();
    }
    return 1;
  },
};
