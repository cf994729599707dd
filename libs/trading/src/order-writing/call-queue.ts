import { WAITS_MS } from '#config';
import { TooBusyError } from '../trading-error.js';

/** A call on its way to a transaction. */
export interface QueuedCall {
  /** By performance.now(). */
  waitingSince: number;
  reject: (error: unknown) => void;
}

export interface QueueLimits {
  /** Calls that one transaction takes. */
  maxBatch: number;
  /** Transactions at the same time: further ones keep the database busy while one waits for its commit. */
  maxInFlight: number;
}

/** How long a call waits for its transaction to begin: behind what the database holds up it is refused, and may come again. */
const MAX_WAIT_MS = WAITS_MS.transaction;
/** From here on a transaction holds up the others: a lock, a disk or a connection makes it wait. */
const SLOW_AFTER_MS = 25;

/**
 * Commits calls together that wait at the same time, so that they share the cost of a durable commit. A call that finds
 * nobody before it leaves at once, with those of its turn of the event loop; under load, batches become as large as it
 * takes. A transaction costs much the same however few calls it has: so what does not fill one waits for the one under way
 * to end.
 */
export class CallQueue<Call extends QueuedCall> {
  private waiting: Call[] = [];
  private inFlight = 0;
  private slow = 0;
  private isStarting = false;
  private deadline: NodeJS.Timeout | undefined;

  constructor(
    private readonly limits: QueueLimits,
    /** Carries out a batch. It deals with its failures itself. */
    private readonly write: (calls: Call[]) => Promise<void>,
  ) {}

  submit(call: Call): void {
    call.waitingSince = performance.now();
    this.waiting.push(call);
    this.watchDeadline();
    if (this.isStarting) return;
    this.isStarting = true;
    // what arrives in the same turn of the event loop goes together
    setImmediate(() => {
      this.isStarting = false;
      this.start();
    });
  }

  private start(): void {
    while (this.waiting.length > 0 && this.mayBegin()) {
      const batch = this.waiting.slice(0, this.limits.maxBatch);
      this.waiting = this.waiting.slice(this.limits.maxBatch);
      void this.carryOut(batch);
    }
  }

  /** Wakes up when the first of those that wait has waited for too long. */
  private watchDeadline(): void {
    const [first] = this.waiting;
    if (this.deadline || !first) return;
    const wake = (): void => {
      this.deadline = undefined;
      this.refuseLate();
      this.watchDeadline();
    };
    this.deadline = setTimeout(wake, first.waitingSince + MAX_WAIT_MS - performance.now()).unref();
  }

  private refuseLate(): void {
    const tooLate = performance.now() - MAX_WAIT_MS;
    const inTime = this.waiting.findIndex(({ waitingSince }) => waitingSince > tooLate);
    const late = this.waiting.splice(0, inTime === -1 ? this.waiting.length : inTime);
    for (const { reject } of late)
      reject(new TooBusyError('the database holds up the calls before this one'));
  }

  private mayBegin(): boolean {
    const { maxInFlight, maxBatch } = this.limits;
    if (this.inFlight >= maxInFlight) return false;
    return this.inFlight === this.slow || this.waiting.length >= maxBatch;
  }

  private async carryOut(batch: Call[]): Promise<void> {
    let isSlow = false;
    const timer = setTimeout(() => {
      isSlow = true;
      this.slow += 1;
      this.start();
    }, SLOW_AFTER_MS);
    this.inFlight += 1;
    try {
      await this.write(batch);
    } finally {
      clearTimeout(timer);
      this.inFlight -= 1;
      if (isSlow) this.slow -= 1;
      this.start();
    }
  }
}
