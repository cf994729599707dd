import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuSecondsOf } from './cpu.js';

const START_TIMEOUT_MS = 30_000;
const POLL_INTERVAL_MS = 50;

/** A server in a process of its own, so that its memory and CPU time are its own. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** Resolves when the program has printed where it listens. */
  static start(program: string, environment: NodeJS.ProcessEnv = {}): Promise<ServerProcess> {
    const env = { ...process.env, ...environment };
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    return new Promise((resolve, reject) => {
      let printed = '';
      child.stdout.on('data', (data: Buffer) => {
        printed += data.toString();
        const [, url] = /listens on (http:\/\/[\d.:]+)/.exec(printed) ?? [];
        if (url) resolve(new ServerProcess(child, url));
      });
      child.once('exit', (code) => reject(new Error(`${program} ended with ${code}: ${printed}`)));
    });
  }

  /** Resolves when the program answers at its URL: for one that does not print it. */
  static async startAt(url: string, program: string, environment: NodeJS.ProcessEnv): Promise<ServerProcess> {
    const env = { ...process.env, ...environment };
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'inherit', 'inherit'] });
    const latest = performance.now() + START_TIMEOUT_MS;
    while (child.exitCode === null && performance.now() < latest) {
      if (await fetch(url).catch(() => undefined)) return new ServerProcess(child, url);
      await delay(POLL_INTERVAL_MS);
    }
    child.kill('SIGKILL');
    throw new Error(`${program} does not answer at ${url}`);
  }

  /** What of its memory is in RAM now, in KiB. */
  async residentKib(): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]);
  }

  /** CPU time that it has used. */
  cpuSeconds(): Promise<number> {
    return cpuSecondsOf(this.child.pid!);
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}
