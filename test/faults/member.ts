import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/until.js';
import { ServiceProcess, START_PATIENCE_MS } from '../support/service-process.js';

/** What the processes have logged is kept there until the next run. */
const LOGS = '.data/faults';

/** A process of the fleet that comes and goes: an API instance or a worker. It keeps its address. */
export class Member {
  private process: ServiceProcess | undefined;

  constructor(
    readonly name: string,
    readonly url: string,
    private readonly script: string,
    /** Answers 200 when the process does its work. */
    private readonly sign: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  get pid(): number {
    return this.process!.child.pid!;
  }

  /** Resolves when it does its work. */
  async start(changes: NodeJS.ProcessEnv = {}): Promise<void> {
    const command = [process.execPath, '--enable-source-maps', this.script];
    const started = ServiceProcess.launch({ ...this.environment, ...changes }, command);
    this.process = started;
    const ended = (): boolean => started.child.exitCode !== null || started.child.signalCode !== null;
    await until(async () => ended() || (await this.works()), `${this.name} to work`, START_PATIENCE_MS);
    if (ended()) throw new Error(`${this.name} ended: ${started.stdout}${started.stderr}`);
  }

  async works(): Promise<boolean> {
    try {
      const answer = await fetch(`${this.url}${this.sign}`, { signal: AbortSignal.timeout(1_000) });
      await answer.text();
      return answer.ok;
    } catch {
      return false;
    }
  }

  /** Stops it in good order. */
  async stop(): Promise<void> {
    const code = await this.end('SIGTERM');
    if (code !== 0) throw new Error(`${this.name} ended with ${code}: ${this.process!.stderr}`);
  }

  /** `kill -9`, and waits for its end. */
  async kill(): Promise<void> {
    const code = await this.end('SIGKILL');
    if (code !== null) throw new Error(`${this.name} was not killed: it ended with ${code}`);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.pid, signal);
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const { process: ended } = this;
    const code = await ended!.stop(signal);
    appendFileSync(join(LOGS, `${this.name}.log`), `${ended!.stdout}${ended!.stderr}`);
    return code;
  }
}
