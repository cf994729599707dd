import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from './until.js';

/** A process has much to load; machines that run tests are busy. */
export const START_PATIENCE_MS = 60_000;
/** Without `--enable-source-maps`: reading them takes a tenth of a start. */
const BUILT_SERVICE = 'dist/src/main.js';

/** The built service as a process of its own, to be stopped and killed with real signals. */
export class ServiceProcess {
  stdout = '';
  stderr = '';
  private readonly exited: Promise<number | null>;

  private constructor(readonly child: ChildProcess) {
    child.stdout!.on('data', (data: Buffer) => (this.stdout += data.toString()));
    child.stderr!.on('data', (data: Buffer) => (this.stderr += data.toString()));
    this.exited = once(child, 'close').then(([code]) => code as number | null);
  }

  /** Starts a process and does not wait for anything. Nobody trades on it but the test, unless that says otherwise. */
  static launch(environment: NodeJS.ProcessEnv, command = [process.execPath, BUILT_SERVICE]): ServiceProcess {
    const [program, ...args] = command as [string, ...string[]];
    const { PATH, HOME } = process.env;
    return new ServiceProcess(spawn(program, args, { env: { PATH, HOME, SANDBOX: 'off', ...environment } }));
  }

  /** Starts the service and waits until it serves. */
  static async start(environment: NodeJS.ProcessEnv, command?: string[]): Promise<ServiceProcess> {
    const service = ServiceProcess.launch(environment, command);
    await until(
      () =>
        service.stdout.includes('listens on') ||
        service.stdout.includes('worker runs') ||
        service.child.exitCode !== null,
      'the service to listen',
      START_PATIENCE_MS,
    ).catch(async (late: unknown) => {
      await service.stop('SIGKILL');
      throw late;
    });
    if (service.child.exitCode !== null) throw new Error(`the service ended: ${service.stderr}`);
    return service;
  }

  /** Sends a signal and waits for the end; returns the exit code (null: ended by the signal itself). */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.exited;
  }

  /** Waits for an end that comes by itself. */
  end(): Promise<number | null> {
    return this.exited;
  }
}
