import { readdir, readFile } from 'node:fs/promises';

/** Linux: USER_HZ, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;

interface ProcessTimes {
  parent: number;
  own: number;
  /** Of its children that have ended. */
  ended: number;
}

async function timesOf(pid: number | 'self'): Promise<ProcessTimes> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // after the name, which may have spaces: state, parent, …, and from the 12th on the four times
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user, system, endedUser, endedSystem] = fields.slice(11, 15) as [number, number, number, number];
  return {
    parent: fields[1]!,
    own: (user + system) / TICKS_PER_SECOND,
    ended: (endedUser + endedSystem) / TICKS_PER_SECOND,
  };
}

/** CPU time of a process. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  return (await timesOf(pid)).own;
}

/** CPU time of the programs that this process has run to their end. */
export async function cpuSecondsOfEndedChildren(): Promise<number> {
  return (await timesOf('self')).ended;
}

/** Those that a process has forked, ended ones too until it has taken note of their end. */
async function familyOf(pid: number): Promise<ProcessTimes[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = await Promise.all(pids.map((other) => timesOf(other).catch(() => undefined)));
  return all.filter((times) => times?.parent === pid) as ProcessTimes[];
}

/** How many children a process has. */
export async function childrenOf(pid: number): Promise<number> {
  return (await familyOf(pid)).length;
}

/** CPU time of a process that forks, such as PostgreSQL's, with all its children, also those that have ended. */
export async function cpuSecondsOfFamily(pid: number): Promise<number> {
  const children = await familyOf(pid);
  const head = await timesOf(pid);
  return head.own + head.ended + children.reduce((sum, times) => sum + times.own, 0);
}

/** The parent of a process. */
export async function parentOf(pid: number): Promise<number> {
  return (await timesOf(pid)).parent;
}
