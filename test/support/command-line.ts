import { Readable } from 'node:stream';
import { run } from '../../libs/cli/src/index.js';
import type { Run } from './admin-tool.js';
import type { TakerClient } from './clients.js';
import { until } from './until.js';

/** What a command that runs has said so far. */
export class RunningCommand {
  stdout = '';
  stderr = '';
  readonly ended: Promise<number>;
  private readonly stop = new AbortController();

  /** Starts `lockstep` in this process, with these arguments. */
  constructor(args: string[], input = '') {
    forgetShell();
    this.ended = run(args, {
      print: (text) => void (this.stdout += text),
      note: (text) => void (this.stderr += text),
      input: Readable.from([Buffer.from(input)]),
      takeInterrupts: () => this.stop.signal,
    });
  }

  /** Waits until it has said something, on either output. */
  async hear(text: string | RegExp): Promise<void> {
    const said = (): boolean => new RegExp(text).test(this.stdout + this.stderr);
    await until(said, `${text} of the command line`);
  }

  /** Ctrl-C. */
  interrupt(): Promise<number> {
    this.stop.abort();
    return this.ended;
  }
}

/** Whoever runs the tests may have variables of their own for a service. */
function forgetShell(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('LOCKSTEP_')) delete process.env[name];
}

/** Runs `lockstep` in this process to its end; test/command-line-process.spec.ts has it as a process. */
export async function lockstep(args: string[], input?: string): Promise<Run> {
  const command = new RunningCommand(args, input);
  const code = await command.ended;
  return { code, stdout: command.stdout, stderr: command.stderr };
}

/** The options by which a taker calls, signing or not; through a proxy, when another URL is given. */
export function as(
  { url, apiKey, apiSecret }: Pick<TakerClient, 'url' | 'apiKey' | 'apiSecret'>,
  through = url,
): string[] {
  return ['--url', through, '--api-key', apiKey, '--signing-secret', apiSecret];
}
