import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 20_000;
const STEP_MS = 10;

/** Waits for a condition; fails with its name when it does not come true. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await delay(STEP_MS);
  }
}
