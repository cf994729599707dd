import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { LaunchError, STOP_TIMEOUT_MS } from '#config';

const SERVICE = fileURLToPath(new URL('../../../src/main.js', import.meta.url));
/** More than the service gives itself. */
const FORCE_AFTER_MS = STOP_TIMEOUT_MS + 5_000;

/** The service of this build, on the restored database. */
export class RestoredService {
  private child: ChildProcess | undefined;

  constructor(private readonly env: NodeJS.ProcessEnv) {}

  /** Resolves to its URL when it serves. */
  async start(): Promise<string> {
    // not for the terminal's Ctrl-C, after which it is still stopped
    const options = { env: this.env, detached: true };
    const child = spawn(process.execPath, [SERVICE], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    const complaint = text(child.stderr);
    const ended = once(child, 'close').then(async () => {
      throw new LaunchError(`the service ended: ${(await complaint).trim()}`);
    });
    // read to its end: its log has to go somewhere
    const lines = createInterface(child.stdout);
    const url = new Promise<string>((resolve) => {
      lines.on('line', (line) => {
        const [, address] = /listens on (http:[^"\s]+)/.exec(line) ?? [];
        if (address) resolve(address);
      });
    });
    return Promise.race([url, ended]);
  }

  /** However far its start has come. */
  async stop(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const force = setTimeout(() => child.kill('SIGKILL'), FORCE_AFTER_MS);
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
    clearTimeout(force);
  }
}
