import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { LaunchError, STOP_TIMEOUT_MS } from '#config';

/** More than the service gives itself. */
const FORCE_AFTER_MS = STOP_TIMEOUT_MS + 5_000;

/** The service of this build, on the restored database. */
export class RestoredService {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** Resolves when it serves. */
  static async start(program: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<RestoredService> {
    signal.throwIfAborted();
    // not for the terminal's Ctrl-C, after which it is still stopped
    const child = spawn(process.execPath, [program], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const kill = (): void => void child.kill('SIGKILL');
    signal.addEventListener('abort', kill);
    const complaint = text(child.stderr);
    // to its end: its log has to go somewhere
    const url = new Promise<string>((resolve) => {
      createInterface(child.stdout).on('line', (line) => {
        const [, address] = /listens on (http:[^"\s]+)/.exec(line) ?? [];
        if (address) resolve(address);
      });
    });
    const ended = once(child, 'close').then(async () => {
      signal.throwIfAborted();
      throw new LaunchError(`it ended: ${(await complaint).trim()}`);
    });
    try {
      return new RestoredService(child, await Promise.race([url, ended]));
    } finally {
      signal.removeEventListener('abort', kill);
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const force = setTimeout(() => this.child.kill('SIGKILL'), FORCE_AFTER_MS);
    const ended = once(this.child, 'close');
    this.child.kill('SIGTERM');
    await ended;
    clearTimeout(force);
  }
}
