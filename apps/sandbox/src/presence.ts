import { pauseAfter, type Session } from '#client';
import type { Pace } from './pace.js';

/** A session that lived for so long was a good one: what ends it is new trouble. */
const GOOD_SESSION_MS = 60_000;

/** Opens a session; where another left off, after an id. */
export type Enter = (after: string | undefined) => Promise<Session>;

/**
 * Somebody who comes back, until the end of the sandbox, after a login that failed and after a session that the service ended,
 * because an address was not allowed for a while or a token was revoked: less and less often, a quarter of a minute apart at most.
 */
export async function stay(
  enter: Enter,
  pace: Pace,
  report: (problem: unknown) => void,
  opened?: Session,
): Promise<void> {
  const { signal } = pace;
  let session = opened;
  let after: string | undefined;
  for (let failures = 0; !signal.aborted; failures += 1) {
    const since = performance.now();
    try {
      session ??= await enter(after);
      await session.ended.catch(() => {}); // it has reported why
    } catch (error) {
      report(error);
    }
    after = session?.lastId ?? after;
    session = undefined;
    if (performance.now() - since > GOOD_SESSION_MS) failures = 0;
    await pauseAfter(undefined, failures, signal);
  }
}
