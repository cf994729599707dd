import { LockstepError } from './lockstep-error.js';

/** How the service refuses what was signed too long ago or too far ahead, a wallet's login too. */
const TIMESTAMP_EXPIRED = 'Timestamp expired';
/** A machine's clock may show another time zone's time. No other Date is believed: what is signed for it would be good then. */
const MAX_OFFSET_MS = 24 * 3_600_000;
/** Dates are in whole seconds and some time under way; a difference as small as this is not why a timestamp was refused. */
const MIN_CORRECTION_MS = 60_000;

/** The service's time as far as signatures need it: this machine's, corrected where the service has refused that. */
export class ServerClock {
  /** What is added to this machine's time. */
  offsetMs = 0;

  /** Unix milliseconds. */
  readonly now = (): number => Date.now() + this.offsetMs;

  /**
   * Takes the time from a refusal of what was signed with an offset. Returns whether it is worth while to sign it again:
   * another call may have corrected the clock since.
   */
  learnFrom(error: unknown, signedWithMs: number): boolean {
    if (!(error instanceof LockstepError) || error.message !== TIMESTAMP_EXPIRED) return false;
    if (error.answeredAt === undefined) return false;
    const offsetMs = error.answeredAt - Date.now();
    const isNew = Math.abs(offsetMs - this.offsetMs) >= MIN_CORRECTION_MS;
    if (isNew && Math.abs(offsetMs) <= MAX_OFFSET_MS) this.offsetMs = offsetMs;
    return this.offsetMs !== signedWithMs;
  }
}
