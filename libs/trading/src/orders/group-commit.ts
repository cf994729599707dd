import { TooBusyError } from '../trading-error.js';

export interface GroupLimits {
  /** Calls that one transaction takes. */
  maxBatch: number;
  /** Transactions at the same time. */
  maxInFlight: number;
  /** Calls that have to wait for another transaction to begin beside one that goes on as usual. */
  worthAnother: number;
  /** Calls that wait; one more is refused. */
  maxWaiting: number;
}

/** For calls on orders that nobody else is at: further transactions keep the database busy while one waits for its commit. */
export const ON_FREE_ORDERS: GroupLimits = {
  maxBatch: 24,
  maxInFlight: 4,
  worthAnother: 12,
  maxWaiting: 2_000,
};

/** From here on a transaction holds up the others: a lock, a disk or a connection makes it wait. */
const SLOW_AFTER_MS = 25;

/**
 * Commits calls together that wait at the same time, so that they share the cost of a durable commit. A call that finds
 * nobody before it leaves at once and alone; under load, batches become as large as it takes. A transaction costs much
 * the same however few calls it has: so a few wait for the one under way to end, rather than begin another.
 */
export class GroupCommit<Call> {
  private waiting: Call[] = [];
  private inFlight = 0;
  private slow = 0;
  private isStarting = false;

  constructor(
    private readonly limits: GroupLimits,
    /** Carries out a batch. It deals with its failures itself. */
    private readonly write: (calls: Call[]) => Promise<void>,
  ) {}

  submit(call: Call): void {
    if (this.waiting.length >= this.limits.maxWaiting) {
      throw new TooBusyError('too many calls wait to be written');
    }
    this.waiting.push(call);
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

  private mayBegin(): boolean {
    const { maxInFlight, worthAnother } = this.limits;
    if (this.inFlight >= maxInFlight) return false;
    return this.inFlight === this.slow || this.waiting.length >= worthAnother;
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
