import { existsSync } from 'node:fs';

/** What `.ci/runtimes` installs. In CI it must be there. */
const FOLDER = '/usr/local/lib/lockstep-runtimes';

export interface Runtime {
  name: string;
  /** Begins the command that runs a program. */
  command: string[];
}

const OTHERS: Runtime[] = [
  { name: 'Node 22', command: [`${FOLDER}/node-22`] },
  { name: 'Node 24', command: [`${FOLDER}/node-24`] },
  { name: 'Node 26', command: [`${FOLDER}/node-26`] },
  { name: 'Deno', command: [`${FOLDER}/deno`, 'run', '--quiet', '--allow-all'] },
  { name: 'Bun', command: [`${FOLDER}/bun`] },
];

/** The Node that runs the tests, and the others that are here. */
export function runtimes(): Runtime[] {
  const isHere = ({ command: [program] }: Runtime) => process.env.CI === 'true' || existsSync(program!);
  const missing = OTHERS.filter((runtime) => !isHere(runtime)).map(({ name }) => name);
  if (missing.length > 0)
    console.warn(`skipped: the client in ${missing.join(', ')} (.ci/runtimes installs them)`);
  return [{ name: 'this Node', command: [process.execPath] }, ...OTHERS.filter(isHere)];
}
