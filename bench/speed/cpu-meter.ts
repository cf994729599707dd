import { setTimeout as delay } from 'node:timers/promises';
import { childrenOf, cpuSecondsOfEndedChildren, cpuSecondsOfFamily } from '../support/cpu.js';
import type { ServerProcess } from '../support/server-process.js';
import { sum } from '../support/statistics.js';

const BACKENDS_CHECK_MS = 20;
const BACKENDS_TIMEOUT_MS = 2_000;

/** CPU seconds of servers, or of programs that were run to their end, and of PostgreSQL meanwhile. */
export interface CpuTimes {
  own: number;
  postgres: number;
}

/** Measures what something costs while nothing else works on the cluster. */
export class CpuMeter {
  constructor(private readonly postmaster: number) {}

  async ofServers<T>(servers: ServerProcess[], work: () => Promise<T>): Promise<[T, CpuTimes]> {
    const own = async (): Promise<number> =>
      sum(await Promise.all(servers.map((server) => server.cpuSeconds())));
    return this.during(own, work);
  }

  /** Of programs like pgbench, whose connections end a little after it: until then their CPU time counts nowhere. */
  async ofPrograms<T>(work: () => Promise<T>): Promise<[T, CpuTimes]> {
    const backends = await childrenOf(this.postmaster);
    return this.during(cpuSecondsOfEndedChildren, async () => {
      const result = await work();
      const latest = performance.now() + BACKENDS_TIMEOUT_MS;
      while ((await childrenOf(this.postmaster)) > backends && performance.now() < latest) {
        await delay(BACKENDS_CHECK_MS);
      }
      return result;
    });
  }

  private async during<T>(ownSeconds: () => Promise<number>, work: () => Promise<T>): Promise<[T, CpuTimes]> {
    const before = { own: await ownSeconds(), postgres: await cpuSecondsOfFamily(this.postmaster) };
    const result = await work();
    const after = { own: await ownSeconds(), postgres: await cpuSecondsOfFamily(this.postmaster) };
    return [result, { own: after.own - before.own, postgres: after.postgres - before.postgres }];
  }
}
