import {
  columnsOf,
  insertStatement,
  pick,
  PreparedStatement,
  requireRows,
  type Sendable,
  typedColumnsOf,
} from '#database';
import { Repository } from 'typeorm';
import { CancellationRequest, OPEN_STATUSES_SQL } from '../cancellations/cancellation-request.entity.js';
import type { OrderReference } from '../orders/order.entity.js';
import { REFERRED, referencesOf } from './order.repository.js';

/** What becomes of a request, but for `pushed_at`, which is the push's to write, outside the order's lock. */
const CHANGING = [
  'status',
  'resolved_by',
  'late',
  'message',
  'expires_at',
  'resolved_at',
] as const satisfies (keyof CancellationRequest)[];
const WRITTEN = ['id', ...CHANGING] as const;

const readStatement = (name: string, columns: string) =>
  new PreparedStatement<CancellationRequest>(
    name,
    `SELECT ${columns} FROM cancellation_requests r JOIN orders o ON o.id = r.order_id
    WHERE ${REFERRED} AND (r.resolved_at IS NULL OR r.id = ANY ($3::uuid[]) OR NOT EXISTS (
      SELECT FROM cancellation_requests later
      WHERE later.order_id = r.order_id AND later.order_version > r.order_version
        AND later.taker_address = r.taker_address))`,
  );
const COLUMNS = columnsOf(CancellationRequest, 'r');
const READ = readStatement('read_requests', COLUMNS);
/** With the span of the call that asked last: the event by which it did is kept while the request is open. */
const READ_TRACED = readStatement(
  'read_traced_requests',
  `${COLUMNS}, (SELECT e.actor ->> 'traceparent' FROM order_events e
      WHERE e.order_id = r.order_id AND e.request_id = r.id AND e.type = 'cancellation_request'
        AND e.created_at >= r.requested_at
      ORDER BY e.version DESC LIMIT 1) AS asked_in`,
);
const INSERT = insertStatement(CancellationRequest);
/** A push that was noted after the change had read the clock went out before the change all the same. */
const UPDATE = new PreparedStatement(
  'update_requests',
  `WITH changed AS (
    UPDATE cancellation_requests r SET ${CHANGING.map((column) => `${column} = given.${column}`).join(', ')},
      pushed_at = CASE WHEN r.pushed_at > given.resolved_at THEN given.resolved_at ELSE r.pushed_at END
    FROM jsonb_to_recordset($1::jsonb) AS given (${typedColumnsOf(CancellationRequest, WRITTEN)})
    WHERE r.id = given.id AND r.status IN (${OPEN_STATUSES_SQL})
    RETURNING 1)
  ${requireRows('open requests')}`,
);

/** The rows of cancellation requests. */
export class CancellationRequestRepository extends Repository<CancellationRequest> {
  /**
   * Reads of orders the open request, the latest to each address, and those that are named: a maker may have asked
   * thousands of times. For a trace, with the spans in which they were made.
   */
  ofOrders(references: OrderReference[], isTraced: boolean): Sendable<CancellationRequest> {
    const named = references.flatMap(({ request_id }) => request_id ?? []);
    return (isTraced ? READ_TRACED : READ).with(...referencesOf(references), `{${named.join(',')}}`);
  }

  add(requests: CancellationRequest[]): Sendable<never> {
    return INSERT.with(JSON.stringify(requests));
  }

  /** Fails unless each row is still open. */
  write(requests: CancellationRequest[]): Sendable<never> {
    return UPDATE.with(JSON.stringify(requests.map((request) => pick(request, WRITTEN))));
  }

  /**
   * Writes down that requests went out just now, with `wasOpen` also of those that have ended by now. Returns
   * those that a transaction is at: to wait for one would keep the others back, and could deadlock with one that writes
   * several answers.
   */
  async notePushed(ids: string[], wasOpen: boolean): Promise<string[]> {
    const without = `SELECT id FROM cancellation_requests
      WHERE id = ANY($1::uuid[]) AND pushed_at IS NULL ${wasOpen ? '' : 'AND resolved_at IS NULL'}`;
    const [, noted] = await this.query<[[], number]>(
      `UPDATE cancellation_requests SET pushed_at = LEAST(clock_timestamp(), resolved_at)
        WHERE id IN (${without} FOR UPDATE SKIP LOCKED)`,
      [ids],
    );
    if (noted === ids.length) return [];
    const left = await this.query<{ id: string }[]>(without, [ids]);
    return left.map(({ id }) => id);
  }
}
