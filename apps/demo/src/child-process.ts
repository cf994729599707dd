import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { DemoFailure } from './demo-failure.js';

/** The folder of the build that this file belongs to. */
const BUILD = new URL('../../../', import.meta.url);
/** Far more than a short program needs; one that hangs must not hold the demo for ever. */
const RUN_TIMEOUT_MS = 60_000;

/**
 * Starts a program of this build. It does not hear the terminal's Ctrl-C: the demo decides when it ends, because
 * one that is cut off half-way could leave the embedded database running.
 */
export function startProgram(
  program: string,
  args: string[],
  options: { env?: NodeJS.ProcessEnv; timeout?: number },
) {
  const file = fileURLToPath(new URL(program, BUILD));
  const stdio = ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'];
  return spawn(process.execPath, [file, ...args], { detached: true, stdio, ...options });
}

/** Runs a program of this build to its end and returns what it prints. */
export async function runProgram(program: string, args: string[]): Promise<string> {
  const child = startProgram(program, args, { timeout: RUN_TIMEOUT_MS });
  const [output, complaint, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  if (code !== 0) throw new DemoFailure(`${program} ${args.join(' ')} failed: ${complaint.trim()}`);
  return output;
}
