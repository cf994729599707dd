/** Changes come in bursts: what is to be read anew is gathered for so long. */
const GATHER_MS = 120;
/** What could not be read is tried again. */
const RETRY_MS = 2_000;
/** Orders that are read at once. */
const BATCH = 20;
/** Of a flood the newest are read: the others were gone from the page anyway. */
const MAX_WAITING = 200;

/** Reads orders anew, one batch after the other, each order once however often it is asked for meanwhile. */
export class Refresh {
  private readonly waiting = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isReading = false;
  private isStopped = false;

  /** `read` resolves to false when it is to be tried again. */
  constructor(private readonly read: (hashes: string[]) => Promise<boolean>) {}

  ask(hash: string): void {
    this.waiting.delete(hash);
    this.waiting.add(hash);
    if (this.waiting.size > MAX_WAITING) this.waiting.delete(this.waiting.values().next().value!);
    this.schedule(GATHER_MS);
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private schedule(pauseMs: number): void {
    if (this.isStopped || this.isReading || this.timer !== undefined) return;
    this.timer = setTimeout(() => void this.run(), pauseMs);
  }

  private async run(): Promise<void> {
    this.timer = undefined;
    this.isReading = true;
    const batch = [...this.waiting].slice(-BATCH);
    for (const hash of batch) this.waiting.delete(hash);
    const isRead = await this.read(batch);
    this.isReading = false;
    if (!isRead) for (const hash of batch) this.waiting.add(hash);
    if (this.waiting.size > 0) this.schedule(isRead ? GATHER_MS : RETRY_MS);
  }
}
