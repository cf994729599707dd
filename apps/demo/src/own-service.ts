import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { startProgram } from './child-process.js';
import { DemoFailure } from './demo-failure.js';
import { isHealthy } from './health.js';

/** In which the taker of the third act is silent, unless the audience has set another time. */
const CANCELLATION_TIMEOUT_SECONDS = '5';
/** The first start makes a database, which takes a slow machine its time. */
const START_TIMEOUT_MS = 90_000;
/** Longer than the service itself gives its stopping. */
const STOP_TIMEOUT_MS = 30_000;
const POLL_INTERVAL_MS = 100;
/** Of what the service complains about, the end says why it did not start. */
const COMPLAINT_LENGTH = 2_000;

/** A service that the demo has started, and stops. */
export class OwnService {
  private readonly startsUntil = performance.now() + START_TIMEOUT_MS;
  private readonly child;
  private readonly gone: Promise<unknown>;
  private complaint = '';
  private wasReady = false;

  private constructor(
    readonly url: string,
    port: number,
  ) {
    this.child = startProgram('src/main.js', [], {
      env: { CANCELLATION_TIMEOUT_SECONDS, ...process.env, SANDBOX: 'off', PORT: String(port) },
    });
    this.gone = once(this.child, 'exit');
    // its log is not for the audience, but has to go somewhere
    this.child.stdout.resume();
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.complaint = (this.complaint + chunk.toString()).slice(-COMPLAINT_LENGTH);
    });
    // should the demo itself break, its service still does not outlive it
    process.once('exit', () => this.child.kill('SIGTERM'));
  }

  /** Starts the service; returns once it can serve calls. */
  static async start(url: string, port: number, signal: AbortSignal): Promise<OwnService> {
    signal.throwIfAborted();
    const service = new OwnService(url, port);
    try {
      if (await service.becomesReady(signal)) return service;
      throw new DemoFailure(`The service did not start. ${service.complaint.trim()}`.trim());
    } catch (error) {
      await service.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    // until it is ready it does not listen to SIGTERM: it would drop dead and leave its database running
    if (!this.wasReady) await this.becomesReady();
    this.child.kill('SIGTERM');
    const inTime = await Promise.race([
      this.gone.then(() => true),
      delay(STOP_TIMEOUT_MS, false, { ref: false }),
    ]);
    if (!inTime) this.child.kill('SIGKILL');
    await this.gone;
  }

  private get runs(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  private async becomesReady(signal?: AbortSignal): Promise<boolean> {
    while (this.runs && performance.now() < this.startsUntil) {
      this.wasReady = await isHealthy(`${this.url}/health/ready`);
      if (this.wasReady) return true;
      signal?.throwIfAborted();
      await delay(POLL_INTERVAL_MS);
    }
    return false;
  }
}
