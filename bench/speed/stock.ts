import type { DataSource } from 'typeorm';
import { hashOf, seedOrders } from '../support/seed.js';
import type { BenchTaker } from '../support/takers.js';
import type { Calls } from './load.js';
import { MESSAGE } from './statement.js';

/** Orders that wait for no answer have their numbers from here on: there is none below that is not asked about. */
const PENDING_FIRST = 1_000_000_000;

/** Orders of one run, by their numbers. */
export interface Range {
  first: number;
  count: number;
}

/**
 * The orders that wait for an answer. Every run gets orders that no run has touched: before it, as many as are missing
 * are added to the table, locked and asked about, by the same code that seeds it; what a run has left over is the next
 * one's. So the table grows by what is answered, as in life, and no run meets rows that were rewritten for it.
 */
export class Stock {
  /** The numbers from here to `end` are locked, asked and not yet given to a run. */
  private next: number;
  private nextPending = PENDING_FIRST;

  constructor(
    private readonly dataSource: DataSource,
    readonly takers: BenchTaker[],
    private end: number,
  ) {
    this.next = end;
  }

  /** Sees to it that there are so many. */
  async fill(count: number): Promise<void> {
    const missing = this.next + count - this.end;
    if (missing <= 0) return;
    await seedOrders(this.dataSource, { first: this.end, orders: missing, status: 'locked' });
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

  /** Counts a run's recorded answers, whole with their events, and finds the last order that has one. */
  async recorded({ first, count }: Range): Promise<{ answers: number; last: number }> {
    const [row] = await this.dataSource.query<[{ answers: number; last: number | null }]>(
      `SELECT count(*)::integer AS answers, max(o.nonce)::integer AS last
        FROM orders o JOIN cancellation_requests r ON r.order_id = o.id AND r.status = 'accepted'
        WHERE o.order_hash = ANY(ARRAY(SELECT ${hashOf('n')} FROM generate_series($1::bigint, $2::bigint) n))
          AND o.status = 'cancelled' AND (SELECT count(*) FROM order_events WHERE order_id = o.id AND version > 3) = 2`,
      [first, first + count - 1],
    );
    return { answers: row.answers, last: row.last ?? first - 1 };
  }

  /** Adds orders that nobody holds. */
  async pending(count: number): Promise<{ id: string; order_hash: string; maker: string }[]> {
    const first = this.nextPending;
    this.nextPending += count;
    await seedOrders(this.dataSource, { first, orders: count, status: 'pending' });
    return this.dataSource.query(
      `SELECT id, order_hash, maker FROM generate_series($1::bigint, $2::bigint) n
        JOIN orders ON order_hash = ${hashOf('n')} ORDER BY n`,
      [first, first + count - 1],
    );
  }

  /** The answers that the takers of these orders give, each with its own key. */
  async answers({ first, count }: Range): Promise<Calls> {
    const rows = await this.dataSource.query<{ order_hash: string; locked_by: string }[]>(
      `SELECT order_hash, locked_by FROM generate_series($1::bigint, $2::bigint) n
        JOIN orders ON order_hash = ${hashOf('n')} ORDER BY n`,
      [first, first + count - 1],
    );
    const heads = new Map(this.takers.map(({ address }, index) => [address, index]));
    return {
      heads: this.takers.map(({ apiKey }) => ({
        path: '/api/v1/orders/cancel-result',
        headers: { 'x-api-key': apiKey },
      })),
      calls: rows.map(({ order_hash, locked_by }) => {
        const body = { order_hash, taker_address: locked_by, cancellation_success: true, message: MESSAGE };
        return { head: heads.get(locked_by)!, body: JSON.stringify(body) };
      }),
      expectedStatus: 200,
    };
  }
}
