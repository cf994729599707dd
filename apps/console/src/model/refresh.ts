/** Changes come in bursts: what is to be read anew is gathered for so long. */
const GATHER_MS = 120;
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

  constructor(private readonly read: (hashes: string[]) => Promise<void>) {}

  ask(hash: string): void {
    this.waiting.delete(hash);
    this.waiting.add(hash);
    if (this.waiting.size > MAX_WAITING) this.waiting.delete(this.waiting.values().next().value!);
    this.schedule();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    if (this.isStopped || this.isReading || this.timer !== undefined) return;
    this.timer = setTimeout(() => void this.run(), GATHER_MS);
  }

  private async run(): Promise<void> {
    this.timer = undefined;
    this.isReading = true;
    const batch = [...this.waiting].slice(-BATCH);
    for (const hash of batch) this.waiting.delete(hash);
    try {
      await this.read(batch);
    } finally {
      this.isReading = false;
      if (this.waiting.size > 0) this.schedule();
    }
  }
}
