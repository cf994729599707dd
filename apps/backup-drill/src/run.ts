import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { LaunchError } from '#config';

/** Of a shell. */
const COMMAND_NOT_FOUND = 127;
const REMEDY = "install PostgreSQL's client programs (Debian: postgresql-client)";

/**
 * Runs a program to its end and returns what it prints. It and what it starts are a group of their own, which is ended when
 * the signal says so, and does not hear the terminal's Ctrl-C.
 */
export async function run(
  [program, ...args]: [string, ...string[]],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (): void => void process.kill(-child.pid!, 'SIGTERM');
  child
    .once('spawn', () => signal.addEventListener('abort', end))
    .once('exit', () => signal.removeEventListener('abort', end));
  const [output, complaint, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close').then(
      ([exitCode]) => exitCode as number | null,
      (error: NodeJS.ErrnoException) => {
        throw new LaunchError(`${program} cannot be run (${error.code}): ${REMEDY}`);
      },
    ),
  ]);
  signal.throwIfAborted();
  if (code !== 0) throw new LaunchError(reasonOf(program, code, complaint));
  return output;
}

function reasonOf(program: string, code: number | null, complaint: string): string {
  const words = complaint.trim().replaceAll(/\s*\n\s*/g, ' ') || `${program} ended with code ${code}`;
  return code === COMMAND_NOT_FOUND ? `${words}: ${REMEDY}` : words;
}
