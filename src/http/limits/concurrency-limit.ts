import type { ServerResponse } from 'node:http';
import { WAITS_MS } from '#config';

export interface ConcurrencyBounds {
  /** Calls at once. */
  places: number;
  /** Calls that wait for a place, in the order in which they came. */
  queue: number;
}

/** What becomes of a call that asks for a place; `gone`: its caller hung up while it waited. */
export type Admission = 'admitted' | 'refused' | 'gone';

/** So many calls at once, and so many that wait for so long. Each that is admitted leaves once. */
export class ConcurrencyLimit {
  private inside = 0;
  /** The turns of those that wait; nobody waits while a place is free. */
  private readonly turns = new Set<() => void>();

  constructor(private readonly bounds: ConcurrencyBounds) {}

  get served(): number {
    return this.inside;
  }

  get waiting(): number {
    return this.turns.size;
  }

  get isFull(): boolean {
    return this.inside >= this.bounds.places && this.turns.size >= this.bounds.queue;
  }

  async enter(answer: ServerResponse): Promise<Admission> {
    if (this.isFull) return 'refused';
    if (this.inside >= this.bounds.places) return this.wait(answer);
    this.inside += 1;
    return 'admitted';
  }

  /** Hands the place to who has waited longest. */
  leave(): void {
    const [next] = this.turns;
    if (next) next();
    else this.inside -= 1;
  }

  private wait(answer: ServerResponse): Promise<Admission> {
    return new Promise((resolve) => {
      const end = (admission: Admission): void => {
        this.turns.delete(turn);
        clearTimeout(timer);
        answer.off('close', hangUp);
        resolve(admission);
      };
      const turn = (): void => end('admitted');
      const hangUp = (): void => end('gone');
      const timer = setTimeout(end, WAITS_MS.place, 'refused');
      answer.once('close', hangUp);
      this.turns.add(turn);
    });
  }
}
