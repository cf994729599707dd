import { TooBusyError } from '../trading-error.js';

export interface GroupLimits {
  /** Calls that one transaction takes. */
  maxBatch: number;
  /** Transactions at the same time. */
  maxInFlight: number;
  /** Calls that wait; one more is refused. */
  maxWaiting: number;
}

/**
 * Commits calls together that wait at the same time, so that they share the cost of a durable commit. A call that finds
 * nobody waiting leaves at once and alone; under load, batches become as large as it takes.
 */
export class GroupCommit<Call> {
  private waiting: Call[] = [];
  private inFlight = 0;
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
    const { maxBatch, maxInFlight } = this.limits;
    while (this.inFlight < maxInFlight && this.waiting.length > 0) {
      const batch = this.waiting.slice(0, maxBatch);
      this.waiting = this.waiting.slice(maxBatch);
      this.inFlight += 1;
      void this.write(batch).finally(() => {
        this.inFlight -= 1;
        this.start();
      });
    }
  }
}
