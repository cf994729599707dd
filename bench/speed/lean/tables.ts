import type { EmbeddedPostgres } from '#dev-postgres';
import { Client } from 'pg';
import { createBenchDatabase } from '../../support/bench-database.js';
import type { Calls } from '../load.js';
import type { OrderTables, Range } from '../stock.js';
import {
  addressOf,
  answersTo,
  historyOf,
  keyHashOf,
  orderHashOf,
  takerOf,
  YARDSTICK_TAKERS,
} from '../yardsticks.js';
import { LEAN_SCHEMA } from './schema.js';

/** What pgbench and the bare server work on. */
export class LeanTables implements OrderTables {
  private constructor(
    private readonly client: Client,
    readonly url: string,
  ) {}

  static async seed(postgres: EmbeddedPostgres, orders: number): Promise<LeanTables> {
    const url = await createBenchDatabase(postgres, `lean_${orders}`, true);
    const client = new Client({ connectionString: url });
    await client.connect();
    const tables = new LeanTables(client, url);
    await client.query(LEAN_SCHEMA);
    await client.query(`INSERT INTO api_keys (key_hash, taker_id)
      SELECT ${keyHashOf('n')}, n FROM generate_series(0, ${YARDSTICK_TAKERS.length - 1}) n`);
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
    const { rows } = await this.client.query<{ answers: number; last: number | null }>(
      `SELECT count(*)::integer AS answers, max(o.id)::integer AS last
        FROM orders o JOIN cancellation_requests r ON r.order_id = o.id AND r.status = 'accepted'
          JOIN order_events e ON e.order_id = o.id AND e.type = 'cancellation_accepted'
        WHERE o.id BETWEEN $1 AND $2 AND e.order_id BETWEEN $1 AND $2 AND o.status = 'cancelled'`,
      [first, first + count - 1],
    );
    return { answers: rows[0]!.answers, last: rows[0]!.last ?? first - 1 };
  }

  async vacuum(): Promise<void> {
    await this.client.query('VACUUM (ANALYZE) orders, cancellation_requests, order_events');
  }

  close(): Promise<void> {
    return this.client.end();
  }

  /** Orders with their requests and events; an order's id is its number. */
  private async insert({ first, count }: Range, status: string): Promise<void> {
    const numbers = `generate_series(${first}::bigint, ${first + count - 1}::bigint) n`;
    await this.client.query(`
      INSERT INTO orders (id, order_hash, maker, is_buy, ticker, asset, price, quantity, incentive, deadline, nonce,
        signature, status, taker_id, taker_address, lock_expires_at, created_at, updated_at)
      SELECT n, ${orderHashOf('n')}, substr(sha256((n % 10000)::text::bytea), 1, 20), n % 2 = 0, 'T' || n % 500,
        decode(repeat('55', 20), 'hex'), (1 + n % 100000) * 1e16, 100, 5e17, now() + interval '1 year', n,
        decode(repeat('5c', 65), 'hex'), status::order_status, CASE WHEN held THEN ${takerOf('n')} END,
        CASE WHEN held THEN ${addressOf('n')} END, CASE WHEN status = 'locked' THEN now() + interval '1 day' END, now(), now()
      FROM (SELECT n, status, status <> 'pending' AS held FROM ${numbers}, LATERAL (SELECT ${status} AS status) drawn) lives;
      INSERT INTO cancellation_requests (order_id, status, reason, message, late, requested_at, expires_at, resolved_at)
      SELECT id, CASE status WHEN 'locked' THEN 'requested'::request_status ELSE 'accepted' END, 'user_requested',
        CASE status WHEN 'cancelled' THEN 'an answer' END, CASE status WHEN 'cancelled' THEN false END, now(),
        now() + interval '1 day', CASE status WHEN 'cancelled' THEN now() END
      FROM orders WHERE id BETWEEN ${first} AND ${first + count - 1} AND status IN ('locked', 'cancelled');
      INSERT INTO order_events (order_id, type, to_status, taker_id, created_at)
      SELECT id, type::event_type, to_status, orders.taker_id, now()
      FROM orders, LATERAL (VALUES (true, 'created', 'pending'::order_status),
        (status <> 'pending', 'locked', 'locked'), (status = 'filled', 'filled', 'filled'),
        (status IN ('locked', 'cancelled'), 'cancellation_requested', NULL),
        (status = 'cancelled', 'cancellation_accepted', 'cancelled')) event (happened, type, to_status)
      WHERE id BETWEEN ${first} AND ${first + count - 1} AND happened`);
  }
}
