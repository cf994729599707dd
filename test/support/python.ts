import { execFileSync } from 'node:child_process';

/** Debian's, which has the packages of Debian. */
export const PYTHON = '/usr/bin/python3';
/** Where the Python client is, for programs that import it. */
export const PYTHON_CLIENT = 'clients/python';

/** Whether there is Python with its package websockets. In CI it must be there. */
export function hasPython(whatIsSkipped: string): boolean {
  if (process.env.CI === 'true') return true;
  try {
    execFileSync(PYTHON, ['-c', 'import websockets'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`skipped: ${whatIsSkipped} (Debian: apt-get install python3-websockets)`);
    return false;
  }
}
