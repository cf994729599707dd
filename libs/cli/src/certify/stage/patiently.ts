import { setTimeout as delay } from 'node:timers/promises';
import { LockstepError } from '#client';

const BUSY = new Set([429, 503]);
/** How long the service may be too busy for a maker. */
const PATIENCE_MS = 60_000;

/** Makes a maker's call, and comes back as often as a busy service asks it to. */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const isBusy = error instanceof LockstepError && BUSY.has(error.status);
      if (!isBusy || performance.now() > deadline) throw error;
      await delay((error.retryAfterSeconds ?? 1) * 1000 * (1 + Math.random()));
    }
  }
}
