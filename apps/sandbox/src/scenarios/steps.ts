/** Of one scenario: a burst has about 250. */
const MAX_STEPS = 500;

interface Step {
  at: string;
  text: string;
  order_hash: string | null;
}

/** What happened in a scenario. Of too many steps the first are told, and the last, which is added at the end. */
export class Steps {
  readonly told: Step[] = [];
  private latest: Step | undefined;

  add(text: string, orderHash?: string): void {
    const step = { at: new Date().toISOString(), text, order_hash: orderHash ?? null };
    if (this.told.length < MAX_STEPS - 1) this.told.push(step);
    else this.latest = step;
  }

  end(): void {
    if (this.latest) this.told.push(this.latest);
  }
}
