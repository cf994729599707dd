import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { columnsOf } from '#database';
import { DataSource } from 'typeorm';
import { cursorAt, earliestPast, type EventCursor, TIME_SLACK } from './event-cursor.js';
import { candidatesOf, earlierEventId, eventId, seqOf } from './event-id.js';
import { EVENTS_KEPT_SINCE } from './event-partitions.js';
import { OrderEvent } from './order-event.entity.js';

/** Few enough that what they say fits a socket's buffer. */
export const REPLAY_ROWS = 100;

/** Whose events are replayed: a maker's, or a taker's with or without every new order. */
export type Audience = { maker: string } | { takerId: string; newOrders: boolean };

/** Where a replay begins; without a cursor, not all that came after the id is kept, or the id is not of this history. */
export interface ReplayStart {
  cursor: EventCursor | undefined;
  keptSince: Date | null;
  now: Date;
}

/** An event that an id may stand for, or none; ids that were given out before have its transaction's number, too. */
type Candidate = (OrderEvent & { transaction: string }) | { seq: null };

/** Reads again, for one participant, what it has missed. */
@Injectable()
export class EventReplay {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * The cursor of somebody who has heard everything up to an event's id. The event must be kept, and so must all that
   * can follow it: near the oldest day's beginning, some may have been dropped with the day before.
   */
  async startAfter(id: string): Promise<ReplayStart> {
    const rows = await this.dataSource.query<(Candidate & { kept_since: Date | null; now: Date })[]>(
      `SELECT NULLIF(kept_since, '-infinity') AS kept_since, clock_timestamp() AS now, e.xid AS transaction,
           ${columnsOf(OrderEvent, 'e')}
         FROM (SELECT ${EVENTS_KEPT_SINCE} AS kept_since) kept
         LEFT JOIN order_events e ON e.seq = ANY ($1::bigint[]) AND e.created_at >= kept_since + ${TIME_SLACK}`,
      [candidatesOf(id)],
    );
    const event = rows
      .filter((row) => row.seq !== null)
      .find((row) => eventId(row) === id || earlierEventId(row.transaction, row.seq) === id);
    const [{ kept_since: keptSince, now }] = rows as [(typeof rows)[0]];
    return { cursor: event && cursorAt(event), keptSince, now };
  }

  /** What comes after one cursor, up to and with another below which nothing can come any more; `REPLAY_ROWS` at most. */
  async read(from: EventCursor, upTo: EventCursor, audience: Audience): Promise<OrderEvent[]> {
    const whose = 'maker' in audience ? audience.maker : audience.takerId;
    return this.dataSource.query<OrderEvent[]>(
      `SELECT * FROM (${branchesOf(audience).join(' UNION ALL ')}) concerning ORDER BY seq LIMIT ${REPLAY_ROWS}`,
      [seqOf(from.id), seqOf(upTo.id), earliestPast(from), whose],
    );
  }
}

/**
 * One query for each index that answers it, so that a replay reads only what it sends. Each has its own limit, from which
 * the planner sees that reading the days' indexes side by side, in order, ends soon.
 */
function branchesOf(audience: Audience): string[] {
  if ('maker' in audience) return [between('maker = $4')];
  const own = between('taker_id = $4');
  return audience.newOrders ? [own, between(`type = 'order_status_change' AND from_status IS NULL`)] : [own];
}

const between = (whose: string): string => `
  (SELECT ${columnsOf(OrderEvent)} FROM order_events
    WHERE ${whose} AND seq > $1::bigint AND seq <= $2::bigint AND created_at > $3
    ORDER BY seq LIMIT ${REPLAY_ROWS})`;
