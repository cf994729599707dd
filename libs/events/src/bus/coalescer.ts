import { setTimeout as delay } from 'node:timers/promises';

/** Does once what is asked for often: at once when nothing was asked for lately, else after the interval. */
export class Coalescer {
  private asked = false;
  private working: Promise<void> | undefined;

  constructor(
    private readonly work: () => unknown,
    private readonly intervalMs: number,
  ) {}

  ask(): void {
    this.asked = true;
    this.working ??= this.run().finally(() => (this.working = undefined));
  }

  /** Resolves when everything that was asked for is done. */
  async done(): Promise<void> {
    await this.working;
  }

  private async run(): Promise<void> {
    while (this.asked) {
      this.asked = false;
      await this.work();
      await delay(this.intervalMs);
    }
  }
}
