import { setTimeout as delay } from 'node:timers/promises';
import { type Persistence, persist } from '#client';

/** How long anything may take that a bot or the service does by itself, in steps. */
const PATIENCE_STEPS = 60;
/** How long a call is tried again: a service that is started anew, or its database, is back by then. */
const PERSISTENCE_MS = 600_000;

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

  /** Repeats a call that fails in passing. */
  persist<T>(call: () => Promise<T>, how: Partial<Persistence> = {}): Promise<T> {
    return persist(call, { patienceMs: PERSISTENCE_MS, signal: this.signal, ...how });
  }

  get patienceMs(): number {
    return PATIENCE_STEPS * this.stepMs;
  }
}
