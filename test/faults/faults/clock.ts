import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../support/until.js';
import type { Fault } from './fault.js';

const AHEAD_MS = 600_000;
const TOLERANCE_MS = 60_000;
const ORDERS_MEANWHILE = 10;
const LIBRARIES = '/usr/lib';

/** Time is the database's clock, so that a process may believe what it likes. */
export const clockAhead: Fault = {
  name: 'a clock 10 minutes ahead in one instance',
  times: 2,
  impossible: () => (findLibrary() || process.env.CI ? undefined : 'libfaketime is not installed'),
  async inject({ fleet, traffic }, round) {
    const { member } = fleet.instances[round % 2]!;
    await member.stop();
    // monotonic time is left alone: a process measures durations with it
    await member.start({ LD_PRELOAD: findLibrary(), FAKETIME: '+10m', FAKETIME_DONT_FAKE_MONOTONIC: '1' });
    await until(
      async () => Math.abs((await aheadOf(member.url)) - AHEAD_MS) < TOLERANCE_MS,
      'its clock to be ahead',
    );
    await traffic.goOn(ORDERS_MEANWHILE);
    await member.stop();
    await member.start();
    return 1;
  },
};

/** How far an instance's clock is ahead of ours, by the Date of its answer. */
async function aheadOf(url: string): Promise<number> {
  const { headers } = await fetch(`${url}/health/live`);
  return Date.parse(headers.get('date')!) - Date.now();
}

/** Debian's package libfaketime has it in the folder of the machine's architecture; CI must have it. */
function findLibrary(): string | undefined {
  return readdirSync(LIBRARIES)
    .map((folder) => join(LIBRARIES, folder, 'faketime', 'libfaketimeMT.so.1'))
    .find((path) => existsSync(path));
}
