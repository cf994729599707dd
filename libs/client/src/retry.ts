import { setTimeout as delay } from 'node:timers/promises';
import { LockstepError } from './lockstep-error.js';

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 15_000;
const MAX_RETRY_AFTER_S = 60;

/** Waits before the next try: longer each time, and at random, so that clients do not come back all at once. */
export async function pauseAfter(error: unknown, failures: number, signal: AbortSignal): Promise<void> {
  const backoff = Math.min(FIRST_DELAY_MS * 2 ** failures, MAX_DELAY_MS) * (0.5 + Math.random() / 2);
  const asked = error instanceof LockstepError ? (error.retryAfterSeconds ?? 0) : 0;
  try {
    await delay(Math.min(asked, MAX_RETRY_AFTER_S) * 1000 + backoff, undefined, { signal });
  } catch {
    // the signal: nobody waits any more
  }
}
