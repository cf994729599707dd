/**
 * Aborts after some milliseconds, also as a part of `AbortSignal.any`: there Node 20 loses a timeout that nobody listens to, and what
 * waits for it waits for ever.
 */
export function timeLimit(milliseconds: number): AbortSignal {
  const limit = AbortSignal.timeout(milliseconds);
  limit.addEventListener('abort', () => {}, { once: true });
  return limit;
}
