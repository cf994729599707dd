import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { earliestPast, type EventCursor, TIME_SLACK } from './event-cursor.js';
import { eventPosition } from './event-id.js';
import { EVENTS_KEPT_SINCE } from './event-partitions.js';
import type { OrderEvent } from './order-event.entity.js';

const BATCH_ROWS = 500;

/** Whose events are replayed: a maker's, or a taker's with or without every new order. */
export type Audience = { maker: string } | { takerId: string; newOrders: boolean };

/** Where a replay begins. */
export interface ReplayStart {
  cursor: EventCursor;
  /** Set when not all that came after the id is kept: what is kept is replayed. */
  lost?: { keptSince: Date | null; now: Date };
}

/** The next events of an audience. */
export interface ReplayBatch {
  events: OrderEvent[];
  /** When given, there are no more for now: everything below this transaction number was read. */
  readUpTo?: string;
}

/** Reads again, for one participant, what it has missed. */
@Injectable()
export class EventReplay {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * The cursor of somebody who has heard everything up to an event's id. The event must be kept, and so must all that
   * can follow it: near the oldest day's beginning, some may have been dropped with the day before. It must have been
   * readable, too: an id from another database, or of a time that a restored back-up does not know, is as good as lost.
   */
  async startAfter(id: string): Promise<ReplayStart> {
    const { xid, seq } = eventPosition(id)!;
    const [row] = await this.dataSource.query<
      [{ kept_since: Date | null; now: Date; created_at: Date | null }]
    >(
      `SELECT NULLIF(kept_since, '-infinity') AS kept_since, clock_timestamp() AS now, e.created_at
         FROM (SELECT ${EVENTS_KEPT_SINCE} AS kept_since) kept
         LEFT JOIN order_events e ON e.xid = $1::xid8 AND e.seq = $2::bigint
           AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) AND e.created_at >= kept_since + ${TIME_SLACK}`,
      [xid, seq],
    );
    const { kept_since: keptSince, now, created_at } = row;
    if (created_at) return { cursor: { xid, seq, created_at } };
    return { cursor: { xid: '0', seq: '0', created_at: keptSince ?? new Date(0) }, lost: { keptSince, now } };
  }

  /** What comes next after a cursor, by the rule of the tail: nothing that an open transaction can still precede. */
  async readPast(cursor: EventCursor, audience: Audience): Promise<ReplayBatch> {
    const whose = 'maker' in audience ? audience.maker : audience.takerId;
    const rows = await this.dataSource.query<(OrderEvent & { horizon: string })[]>(
      `SELECT now.horizon::text, e.*
         FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS horizon) now
         LEFT JOIN LATERAL (
           SELECT * FROM (${branchesOf(audience).join(' UNION ALL ')}) concerning
            ORDER BY xid, seq LIMIT ${BATCH_ROWS}
         ) e ON true
        ORDER BY e.xid, e.seq`,
      [cursor.xid, cursor.seq, earliestPast(cursor), whose],
    );
    const events = rows.filter(({ seq }) => seq !== null);
    return { events, ...(events.length < BATCH_ROWS && { readUpTo: rows[0]!.horizon }) };
  }
}

/**
 * One query for each index that answers it, so that a replay reads only what it sends. Each has its own limit, from which
 * the planner sees that reading the days' indexes side by side, in order, ends soon.
 */
function branchesOf(audience: Audience): string[] {
  if ('maker' in audience) return [past('maker = $4')];
  const own = past('taker_id = $4');
  return audience.newOrders ? [own, past(`type = 'order_status_change' AND from_status IS NULL`)] : [own];
}

const past = (whose: string): string => `
  (SELECT * FROM order_events
    WHERE ${whose} AND (xid, seq) > ($1::xid8, $2::bigint) AND created_at > $3
      AND xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY xid, seq LIMIT ${BATCH_ROWS})`;
