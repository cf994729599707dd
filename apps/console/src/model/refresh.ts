/** Changes come in bursts: what is to be read anew is gathered for so long. */
const GATHER_MS = 120;
/** What could not be read is tried again. */
const RETRY_MS = 2_000;
/** Orders that are read at once. */
const BATCH = 20;
/** Of a flood the newest are read: the others were gone from the page anyway. */
const MAX_WAITING = 200;
/** Of the calls that the key is allowed, the part that the page takes: its taker's programs may use the same key. */
const SHARE = 1 / 4;

export interface Reads {
  /** Everything anew; resolves to false when it is to be tried again. */
  all: () => Promise<boolean>;
  /** These orders anew; resolves to those that are to be tried again. */
  orders: (hashes: string[]) => Promise<string[]>;
  /** Calls that were made so far. */
  callsMade: () => number;
  /** Calls that the key is allowed in a second; 0: any number. */
  callsPerSecond: () => number;
}

/**
 * Reads anew what has changed, each order once however often it is asked for meanwhile. There is one read at a time, so that
 * none overwrites what a later one has found.
 */
export class Refresh {
  private waiting = new Set<string>();
  private isAllWanted = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Not before, by `performance.now()`. */
  private nextAt = 0;
  private isReading = false;
  private isStopped = false;

  constructor(private readonly reads: Reads) {}

  ask(hash: string): void {
    this.waiting.delete(hash);
    this.waiting.add(hash);
    if (this.waiting.size > MAX_WAITING) this.waiting.delete(this.waiting.values().next().value!);
    this.schedule(GATHER_MS);
  }

  /** Before anything else that waits. */
  askAll(): void {
    this.isAllWanted = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.schedule(0);
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private schedule(pauseMs: number): void {
    if (this.isStopped || this.isReading || this.timer !== undefined) return;
    const wait = Math.max(pauseMs, this.nextAt - performance.now());
    this.timer = setTimeout(() => void this.run(), wait);
  }

  private async run(): Promise<void> {
    this.timer = undefined;
    this.isReading = true;
    const before = this.reads.callsMade();
    const isRead = this.isAllWanted ? await this.readAll() : await this.readBatch();
    const costMs = ((this.reads.callsMade() - before) / this.share) * 1_000;
    this.isReading = false;
    this.nextAt = performance.now() + (isRead ? Math.max(GATHER_MS, costMs) : RETRY_MS);
    if (this.isAllWanted || this.waiting.size > 0) this.schedule(0);
  }

  /** These resolve to whether all went well. */
  private async readAll(): Promise<boolean> {
    this.isAllWanted = false;
    const isRead = await this.reads.all();
    this.isAllWanted ||= !isRead;
    return isRead;
  }

  private async readBatch(): Promise<boolean> {
    const batch = [...this.waiting].slice(-this.batchSize);
    for (const hash of batch) this.waiting.delete(hash);
    const left = await this.reads.orders(batch);
    // behind the others: what can be read does not wait for what cannot
    this.waiting = new Set([...left, ...this.waiting]);
    return left.length === 0;
  }

  private get share(): number {
    return this.reads.callsPerSecond() * SHARE || Infinity;
  }

  private get batchSize(): number {
    return Math.max(1, Math.min(BATCH, Math.floor(this.share)));
  }
}
