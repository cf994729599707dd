import type { Calls } from './load.js';

/** Orders of one run, by their numbers. */
export interface Range {
  first: number;
  count: number;
}

/** A database of orders that have numbers: an order's hash is the SHA-256 of its number's digits, as good as a random one. */
export interface OrderTables {
  readonly url: string;
  /** Adds orders that are locked and asked about. */
  add(range: Range): Promise<void>;
  /** The answers that the takers of these orders give, each with its own key. */
  answers(range: Range): Promise<Calls>;
  /** Counts a run's recorded answers, whole with their events, and finds the last order that has one. */
  recorded(range: Range): Promise<{ answers: number; last: number }>;
  /** Leaves no rubbish and fresh statistics. */
  vacuum(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The orders that wait for an answer. Every run gets orders that no run has touched: before it, as many as are missing
 * are added to the tables, locked and asked about, by the same code that seeds them; what a run has left over is the next
 * one's. So the tables grow by what is answered, as in life, and no run meets rows that were rewritten for it.
 */
export class Stock {
  /** The numbers from here to `end` are locked, asked and not yet given to a run. */
  private next: number;

  constructor(
    readonly tables: OrderTables,
    private end: number,
  ) {
    this.next = end;
  }

  /** Sees to it that there are so many. */
  async fill(count: number): Promise<void> {
    const missing = this.next + count - this.end;
    if (missing <= 0) return;
    await this.tables.add({ first: this.end, count: missing });
    this.end += missing;
  }

  async take(count: number): Promise<Range> {
    await this.fill(count);
    const first = this.next;
    this.next += count;
    return { first, count };
  }

  /** Of the orders that were taken last, those from this number on are still as they were. */
  giveBack({ first, count }: Range, from: number): void {
    if (this.next === first + count) this.next = from;
  }
}
