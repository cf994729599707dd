import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { isDatabaseAway, PreparedStatement, type Sendable, Transaction } from '#database';
import { type Actor, CommitSignal } from '#events';
import { DataSource } from 'typeorm';
import { ChangeMetrics, type EndedRequest } from '../metrics/change-metrics.js';
import { GroupMetrics } from '../metrics/group-metrics.js';
import { GroupCommit, ON_FREE_ORDERS, type QueuedCall } from '../order-writing/group-commit.js';
import type { OrderStatus } from '../orders/order-status.js';
import type { CancellationAnswer } from './cancellation-answer.js';
import { OPEN_STATUSES_SQL } from './cancellation-request.entity.js';

/** A taker's answer with who is shown in the history. */
type GivenAnswer = CancellationAnswer & { actor: Actor };

interface Call extends QueuedCall {
  given: GivenAnswer;
  resolve: (isRecorded: boolean) => void;
}

/** What was written of one answer. */
interface RecordedAnswer extends EndedRequest {
  /** Of the answer among those given, from 0. */
  position: number;
  next_status: OrderStatus;
}

/**
 * Records the usual answer: to an open request, in time, on an order that nobody else is at. Those that come at the same
 * time are one statement in one round trip, where `OrderWriter` takes two, and builds each order and its rows in
 * memory: at the peak it takes 1.25 times as many, and a lone answer 0.73 of the time. It writes the very same.
 */
@Injectable()
export class UsualAnswers {
  private readonly logger = new Logger(UsualAnswers.name);
  private readonly group = new GroupCommit<Call>(ON_FREE_ORDERS, (calls) => this.carryOut(calls));

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly commits: CommitSignal,
    private readonly metrics: ChangeMetrics,
    private readonly groups: GroupMetrics,
  ) {}

  /** Whether it is recorded. If not, nothing has changed: what is the matter, `OrderWriter` finds out. */
  async record(given: GivenAnswer): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.group.submit({ given, waitingSince: 0, resolve, reject });
    });
  }

  private async carryOut(calls: Call[]): Promise<void> {
    const begun = performance.now();
    for (const { waitingSince } of calls) this.groups.waited((begun - waitingSince) / 1000);
    try {
      const statement = recordAnswers(calls.map(({ given }) => given));
      const [recorded] = await Transaction.run(this.dataSource, (database) => database.commit([statement]));
      this.groups.committed(calls.length);
      this.announce(recorded);
      const positions = new Set(recorded.map(({ position }) => position));
      calls.forEach(({ resolve }, position) => resolve(positions.has(position)));
    } catch (error) {
      // whether a transaction was committed whose connection is lost nobody knows: only its caller may try again
      if (isDatabaseAway(error)) calls.forEach(({ reject }) => reject(error));
      else this.leaveToOrderWriter(calls, error as Error);
    }
  }

  /** Each by itself, so that what is wrong with one harms no other. */
  private leaveToOrderWriter(calls: Call[], { message }: Error): void {
    this.logger.warn(
      `${calls.length} answers could not be recorded together, and are tried one by one: ${message}`,
    );
    calls.forEach(({ resolve }) => resolve(false));
  }

  /** Tells of what is committed. */
  private announce(recorded: RecordedAnswer[]): void {
    if (recorded.length === 0) return;
    for (const answer of recorded) {
      this.metrics.ended(answer);
      if (answer.next_status !== 'locked') this.metrics.moved('locked', answer.next_status);
    }
    this.commits.poke();
  }
}

/**
 * Records the usual ones of the answers, each independently of the others. What it demands is what
 * `CancellationService.answer`, `dueSteps` and `assertConsistent` do, and what it writes is what `LockedOrder` does.
 *
 * The rows are locked and read as `lockOrders` does it, without those that somebody else has locked. A request is read as it
 * was when the statement began, which may be before its order was locked, so it is changed only if it is still the same.
 */
const RECORD = new PreparedStatement<RecordedAnswer>(
  'record_answers',
  `WITH held AS MATERIALIZED (
    SELECT id, order_hash, maker, deadline, version, lock_id, locked_by, locked_taker_id, lock_expires_at
    FROM orders WHERE order_hash = ANY ($1::text[]) AND status = 'locked'
    FOR UPDATE SKIP LOCKED),
  answers AS MATERIALIZED (
    SELECT g.position, g.cancel, g.message, g.actor, o.now, o.id AS order_id, o.order_hash, o.maker, o.version, o.lock_id,
      o.locked_by, o.locked_taker_id, r.id AS request_id, r.status AS read_status, r.expires_at AS read_expires_at,
      CASE WHEN NOT g.cancel THEN 'locked' WHEN o.deadline <= extract(epoch FROM o.now) THEN 'expired' ELSE 'cancelled' END
        AS next_status
    FROM (SELECT *, clock_timestamp()::timestamptz(3) AS now FROM held) o
      JOIN jsonb_to_recordset($2::jsonb) AS g (position integer, order_hash text, taker_address text, request_id uuid,
        cancel boolean, message text, actor jsonb) USING (order_hash)
      JOIN cancellation_requests r ON r.order_id = o.id AND r.status IN (${OPEN_STATUSES_SQL})
    WHERE g.taker_address = o.locked_by AND (g.request_id IS NULL OR g.request_id = r.id)
      AND o.lock_expires_at > o.now AND (r.status = 'timed_out' OR r.expires_at > o.now)
      AND (r.lock_id, r.taker_id, r.taker_address) = (o.lock_id, o.locked_taker_id, o.locked_by)
      AND r.order_version <= o.version),
  answered AS (
    UPDATE cancellation_requests r SET
      status = CASE WHEN a.cancel THEN 'accepted' ELSE 'rejected' END, resolved_by = 'answer',
      late = a.read_status = 'timed_out', message = a.message, resolved_at = a.now,
      pushed_at = CASE WHEN r.pushed_at > a.now THEN a.now ELSE r.pushed_at END
    FROM answers a WHERE r.id = a.request_id AND r.status = a.read_status AND r.expires_at = a.read_expires_at
    RETURNING a.*, r.status, r.resolved_by, r.late, r.requested_at, r.resolved_at),
  changed AS (
    UPDATE orders o SET
      status = a.next_status, version = a.version + CASE WHEN a.cancel THEN 2 ELSE 1 END, updated_at = a.now,
      lock_id = CASE WHEN a.cancel THEN NULL ELSE o.lock_id END,
      lock_expires_at = CASE WHEN a.cancel THEN NULL ELSE o.lock_expires_at END
    FROM answered a WHERE o.id = a.order_id
    RETURNING 1),
  noted AS (
    INSERT INTO order_events (order_id, version, type, from_status, to_status, request_id, order_hash, maker, taker_id,
      actor, payload, created_at)
    SELECT a.order_id, a.version + e.step, e.type, e.from_status, e.to_status, e.request_id, a.order_hash, a.maker,
      a.locked_taker_id, a.actor, e.payload, a.now
    FROM answered a CROSS JOIN LATERAL (VALUES
      (1, 'cancellation_update', NULL, NULL, a.request_id, jsonb_build_object(
        'status', a.status, 'resolved_by', a.resolved_by, 'late', a.late, 'message', a.message)),
      (2, 'order_status_change', 'locked', a.next_status, NULL, jsonb_build_object(
        'taker', a.locked_by, 'metadata', jsonb_build_object('cause', 'cancellation_accepted', 'lock_id', a.lock_id)))
    ) AS e (step, type, from_status, to_status, request_id, payload)
    WHERE e.step = 1 OR a.cancel
    ORDER BY a.position, e.step)
  SELECT position, next_status, status, resolved_by, late, requested_at, resolved_at,
    CASE WHEN changed <> wanted THEN require_rows('orders', changed, wanted) END
  FROM answered, (SELECT count(*) AS changed FROM changed) c, (SELECT count(*) AS wanted FROM answered) w`,
);

/** To be sent with COMMIT; its rows are the answers that it recorded. */
export function recordAnswers(answers: GivenAnswer[]): Sendable<RecordedAnswer> {
  const given = answers.map(({ orderHash, takerAddress, requestId, cancel, message, actor }, position) => ({
    position,
    order_hash: orderHash,
    taker_address: takerAddress,
    request_id: requestId,
    cancel,
    message,
    actor,
  }));
  // hashes need no quotes
  const hashes = answers.map(({ orderHash }) => orderHash).join(',');
  return RECORD.with(`{${hashes}}`, JSON.stringify(given));
}
