import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/until.js';
import { ServiceProcess, START_PATIENCE_MS } from '../support/service-process.js';

/** What the processes log is kept there until the next run. */
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
    const command = [process.execPath, this.script];
    const started = ServiceProcess.launch({ ...this.environment, ...changes }, command);
    this.process = started;
    mkdirSync(LOGS, { recursive: true });
    for (const output of [started.child.stdout!, started.child.stderr!]) {
      output.on('data', (text: Buffer) => appendFileSync(join(LOGS, `${this.name}.log`), text));
    }
    await until(async () => this.hasEnded || (await this.works()), `${this.name} to work`, START_PATIENCE_MS);
    this.requireAlive();
  }

  /** A process must not end by itself, whatever happens around it. */
  requireAlive(): void {
    if (this.hasEnded) throw new Error(`${this.name} has ended: ${this.process?.stderr}`);
  }

  private get hasEnded(): boolean {
    const { exitCode, signalCode } = this.process!.child;
    return exitCode !== null || signalCode !== null;
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
    if (code !== 0) throw new Error(`${this.name} ended with ${code}: see its log in ${LOGS}`);
  }

  /** `kill -9`, and waits for its end. */
  async kill(): Promise<void> {
    const code = await this.end('SIGKILL');
    if (code !== null) throw new Error(`${this.name} was not killed: it ended with ${code}`);
  }

  /** As new, whatever became of it. */
  async renew(): Promise<void> {
    if (this.process) await this.end('SIGKILL');
    await this.start();
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.pid, signal);
  }

  private end(signal: NodeJS.Signals): Promise<number | null> {
    const { process: ended } = this;
    this.process = undefined;
    return ended!.stop(signal);
  }
}
