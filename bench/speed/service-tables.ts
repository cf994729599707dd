import type { EmbeddedPostgres } from '#dev-postgres';
import type { DataSource } from 'typeorm';
import { openBenchDatabase } from '../support/bench-database.js';
import { hashOf, seedHistory, seedOrders } from '../support/seed.js';
import { type BenchTaker, createTakers } from '../support/takers.js';
import { DATA_DIR } from './cluster.js';
import { answersOf, type Calls } from './load.js';
import type { OrderTables, Range } from './stock.js';

const TAKERS = 50;
/** Orders that wait for no answer have their numbers from here on: there is none below that is not asked about. */
const PENDING_FIRST = 1_000_000_000;

/** The service's own schema, with the orders of a year in it. */
export class ServiceTables implements OrderTables {
  private nextPending = PENDING_FIRST;

  private constructor(
    readonly dataSource: DataSource,
    readonly url: string,
    readonly takers: BenchTaker[],
  ) {}

  static async seed(
    postgres: EmbeddedPostgres,
    dataSource: DataSource,
    orders: number,
  ): Promise<ServiceTables> {
    const url = await openBenchDatabase(postgres, dataSource, `speed_${orders}`, true);
    const tables = new ServiceTables(dataSource, url, await createTakers(dataSource, DATA_DIR, TAKERS));
    await seedHistory(dataSource, orders, (seeded) => process.stderr.write(`seeded ${seeded} orders\n`));
    return tables;
  }

  async add({ first, count }: Range): Promise<void> {
    await seedOrders(this.dataSource, { first, orders: count, status: 'locked' });
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

  /** More takers: orders that are added from now on are theirs, too. */
  async addTakers(count: number): Promise<BenchTaker[]> {
    const takers = await createTakers(this.dataSource, DATA_DIR, count);
    this.takers.push(...takers);
    return takers;
  }

  async answers({ first, count }: Range): Promise<Calls> {
    const rows = await this.dataSource.query<{ order_hash: string; locked_by: string }[]>(
      `SELECT order_hash, locked_by FROM generate_series($1::bigint, $2::bigint) n
        JOIN orders ON order_hash = ${hashOf('n')} ORDER BY n`,
      [first, first + count - 1],
    );
    const places = new Map(this.takers.map(({ address }, index) => [address, index]));
    const asked = rows.map(({ order_hash, locked_by }) => ({ order_hash, taker: places.get(locked_by)! }));
    return answersOf(this.takers, asked);
  }

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

  async vacuum(): Promise<void> {
    await this.dataSource.query('VACUUM (ANALYZE) orders, cancellation_requests, order_events');
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
  }
}
