import { setTimeout as delay } from 'node:timers/promises';

/** How long anything may take that a bot or the service does by itself, in steps. */
const PATIENCE_STEPS = 60;

/** The pace of all that is simulated. It ends with the sandbox: whoever waits is thrown out. */
export class Pace {
  constructor(
    private readonly stepMs: number,
    readonly signal: AbortSignal,
  ) {}

  /** Waits for some steps, as a person or an exchange would take them. */
  steps(count: number): Promise<void> {
    return this.wait(count * this.stepMs);
  }

  wait(milliseconds: number): Promise<void> {
    return delay(milliseconds, undefined, { signal: this.signal });
  }

  /** Never comes back, but for the end. */
  forEver(): Promise<never> {
    return new Promise((_, reject) => {
      this.signal.throwIfAborted();
      this.signal.addEventListener('abort', () => reject(this.signal.reason as Error), { once: true });
    });
  }

  get patienceMs(): number {
    return PATIENCE_STEPS * this.stepMs;
  }
}
