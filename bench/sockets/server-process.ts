import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

/** A server in a process of its own, so that its memory is its own. */
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

  /** What of its memory is in RAM now, in KiB. */
  async residentKib(): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]);
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}
