import { execFileSync } from 'node:child_process';

/** Whether a tool is here that a test needs; says so when it is not. In CI it must be there. */
export function isHere(whatIsSkipped: string, [program, ...args]: string[], debian: string): boolean {
  if (process.env.CI === 'true') return true;
  try {
    execFileSync(program!, args, { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`skipped: ${whatIsSkipped} (Debian: apt-get install ${debian})`);
    return false;
  }
}
