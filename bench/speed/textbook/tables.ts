import type { EmbeddedPostgres } from '#dev-postgres';
import { DataSource } from 'typeorm';
import { createBenchDatabase } from '../../support/bench-database.js';
import type { Calls } from '../load.js';
import type { OrderTables, Range } from '../stock.js';
import { answersTo, historyOf, takerOf, YARDSTICK_TAKERS } from '../yardsticks.js';
import { hashOf } from '../../support/seed.js';
import { textbookOptions } from './entities.js';

/** What the textbook server works on, made by TypeORM from its entities. */
export class TextbookTables implements OrderTables {
  private constructor(
    private readonly dataSource: DataSource,
    readonly url: string,
  ) {}

  static async seed(postgres: EmbeddedPostgres, orders: number): Promise<TextbookTables> {
    const url = await createBenchDatabase(postgres, `textbook_${orders}`, true);
    const dataSource = await new DataSource(textbookOptions(url)).initialize();
    const tables = new TextbookTables(dataSource, url);
    const [addresses, keys] = [
      YARDSTICK_TAKERS.map(({ address }) => address),
      YARDSTICK_TAKERS.map(({ apiKey }) => apiKey),
    ];
    await dataSource.query(
      `WITH made AS (INSERT INTO takers (address) SELECT unnest($1::text[]) RETURNING id, address)
        INSERT INTO api_keys (key_hash, taker_id) SELECT encode(sha256(key::bytea), 'hex'), id
        FROM made JOIN unnest($1::text[], $2::text[]) given (address, key) USING (address)`,
      [addresses, keys],
    );
    await tables.insert({ first: 1, count: orders }, historyOf('n'));
    await tables.vacuum();
    return tables;
  }

  add(range: Range): Promise<void> {
    return this.insert(range, `'locked'`);
  }

  answers(range: Range): Promise<Calls> {
    return Promise.resolve(answersTo(range));
  }

  async recorded({ first, count }: Range): Promise<{ answers: number; last: number }> {
    const [row] = await this.dataSource.query<[{ answers: number; last: number | null }]>(
      `SELECT count(*)::integer AS answers, max(o.nonce)::integer AS last
        FROM orders o JOIN cancellation_requests r ON r.order_id = o.id AND r.status = 'accepted'
        WHERE o.order_hash = ANY(ARRAY(SELECT ${hashOf('n')} FROM generate_series($1::bigint, $2::bigint) n))
          AND o.status = 'cancelled'
          AND EXISTS (SELECT FROM order_events e WHERE e.order_id = o.id AND e.type = 'cancellation_update')`,
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

  /** Orders with their requests and events; an order's nonce is its number. */
  private async insert({ first, count }: Range, status: string): Promise<void> {
    const parameters = [first, first + count - 1, YARDSTICK_TAKERS.map(({ address }) => address)];
    await this.dataSource.query(
      `WITH lives AS (
        SELECT n, ${status} AS status, takers.id AS taker_id FROM generate_series($1::bigint, $2::bigint) n
          JOIN takers ON address = ($3::text[])[1 + ${takerOf('n')}]
      ), placed AS (
        INSERT INTO orders (order_hash, maker, principal, is_buy, ticker, exchange, asset, price, quantity, incentive,
          deadline, nonce, signature, status, taker_id, locked_at, lock_expires_at)
        SELECT ${hashOf('n')}, maker, maker, n % 2 = 0, 'T' || n % 500, 0, '0x' || repeat('55', 20),
          (1 + n % 100000) * 1e16, 100, 5e17, extract(epoch FROM now())::bigint + 31536000, n, '0x' || repeat('5c', 65),
          status, CASE WHEN status <> 'pending' THEN taker_id END, CASE WHEN status <> 'pending' THEN now() END,
          CASE WHEN status = 'locked' THEN now() + interval '1 day' END
        FROM lives, LATERAL (SELECT '0x' || left(encode(sha256((n % 10000)::text::bytea), 'hex'), 40) AS maker) makers
        RETURNING id, status
      ), asked AS (
        INSERT INTO cancellation_requests (order_id, status, reason, expires_at)
        SELECT id, CASE status WHEN 'locked' THEN 'requested' ELSE 'accepted' END, 'user_requested', now() + interval '1 day'
        FROM placed WHERE status IN ('locked', 'cancelled')
      )
      INSERT INTO order_events (order_id, type, payload)
      SELECT id, type, jsonb_build_object('to', status)
      FROM placed, LATERAL (VALUES (true, 'order_status_change'), (status <> 'pending', 'order_status_change'),
        (status IN ('locked', 'cancelled'), 'cancellation_request')) event (happened, type)
      WHERE happened`,
      parameters,
    );
  }
}
