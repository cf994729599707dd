import { isFinal, LockstepError } from './lockstep-error.js';

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 15_000;
const MAX_RETRY_AFTER_S = 60;

export interface Persistence {
  /** For how long it is tried again. */
  patienceMs: number;
  /** Ends it early. */
  signal: AbortSignal;
  /** Is told of each failure after which it is tried again. */
  onFailure?: ((error: unknown) => void) | undefined;
}

/** Repeats a call until it is done, as a session does with its answers: no answer, an overload and the like pass. Throws what does not. */
export async function persist<T>(
  call: () => Promise<T>,
  { patienceMs, signal, onFailure }: Persistence,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (let failures = 0; ; failures += 1) {
    try {
      return await call();
    } catch (error) {
      if (isFinal(error) || signal.aborted || performance.now() > deadline) throw error;
      onFailure?.(error);
      await pauseAfter(error, failures, signal);
      if (signal.aborted) throw error;
    }
  }
}

/** Waits before the next try: longer each time, and at random, so that clients do not come back all at once. */
export async function pauseAfter(error: unknown, failures: number, signal: AbortSignal): Promise<void> {
  const backoff = Math.min(FIRST_DELAY_MS * 2 ** failures, MAX_DELAY_MS) * (0.5 + Math.random() / 2);
  const asked = error instanceof LockstepError ? (error.retryAfterSeconds ?? 0) : 0;
  await delay(Math.min(asked, MAX_RETRY_AFTER_S) * 1000 + backoff, signal);
}

/** Node has one, browsers have not. Ends early when nobody waits any more. */
function delay(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });
}
