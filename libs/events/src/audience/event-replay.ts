import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { MIN_EVENT_RETENTION_DAYS } from '#config';
import { columnsOf, PreparedStatement, Transaction } from '#database';
import { DataSource } from 'typeorm';
import { EVENTS_KEPT_SINCE } from '../partitions/event-partitions.js';
import { DAY_MS } from '../partitions/partition-changes.js';
import { BEGINNING, cursorAt, earliestPast, type EventCursor, TIME_SLACK } from '../log/event-cursor.js';
import { candidatesOf, earlierEventId, eventId, secondId, seqOf } from '../log/event-id.js';
import { OrderEvent } from '../log/order-event.entity.js';
import { type Audience, ROWS_OF, type TakerAudience } from './circles.js';

/** Few enough that what they say fits a socket's buffer. */
export const REPLAY_ROWS = 100;
/** Events of this age are kept, and so is all that follows them, whatever the settings. */
const SURELY_KEPT_MS = (MIN_EVENT_RETENTION_DAYS - 1) * DAY_MS;

/**
 * SQL: the time of the oldest event after which one can go on. Near the oldest day's beginning, some of what followed may have
 * been dropped with the day before.
 */
export const RESUMABLE_SINCE = `(${EVENTS_KEPT_SINCE} + ${TIME_SLACK})`;

/** Where a replay begins; without a cursor, not all that came after the id is kept, or the id is not of this history. */
export interface ReplayStart {
  cursor: EventCursor | undefined;
  /** The event of which no more than the first message was heard, if it was that. */
  heardInPart: OrderEvent | undefined;
  keptSince: Date | null;
  now: Date;
}

/** An event that an id may stand for; in ids that were given out before stands its transaction's number, too. */
type Candidate = OrderEvent & { transaction: string };

const FIND_CANDIDATES = new PreparedStatement<Candidate>(
  'find_event_candidates',
  `SELECT ${columnsOf(OrderEvent)}, xid::text AS transaction FROM order_events WHERE seq = ANY ($1::bigint[])`,
);

/** Reads again, for one participant, what it has missed. When all sockets come back together, this is what takes the time. */
@Injectable()
export class EventReplay {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The cursor of somebody who has heard everything up to an event's id. The event must be kept, and all that can follow it. */
  async startAfter(id: string): Promise<ReplayStart> {
    const candidates = await this.read(FIND_CANDIDATES, `{${candidatesOf(id).join(',')}}`);
    const event = candidates.find((row) => idsOf(row).includes(id));
    const heardInPart = event && secondId(eventId(event)) !== id ? event : undefined;
    const now = new Date();
    if (event && now.getTime() - event.created_at.getTime() < SURELY_KEPT_MS)
      return { cursor: cursorAt(event), heardInPart, keptSince: null, now };
    return { ...(await this.startAfterOld(id, event)), heardInPart };
  }

  /** What comes after one cursor, up to and with another below which nothing can come any more; `REPLAY_ROWS` at most. */
  readBetween(from: EventCursor, upTo: EventCursor, audience: Audience): Promise<OrderEvent[]> {
    const [statement, whose] =
      'maker' in audience ? [READ.ofMaker, audience.maker] : [readOfTaker(audience), audience.takerId];
    return this.read(statement, seqOf(from.id), seqOf(upTo.id), earliestPast(from).toISOString(), whose);
  }

  private async startAfterOld(
    id: string,
    event: OrderEvent | undefined,
  ): Promise<Omit<ReplayStart, 'heardInPart'>> {
    const [{ kept_since: keptSince, now, kept_from }] = await this.dataSource.query<
      [{ kept_since: Date | null; now: Date; kept_from: Date | number }]
    >(
      `SELECT NULLIF(kept_since, '-infinity') AS kept_since, kept_from, clock_timestamp() AS now
         FROM (SELECT ${EVENTS_KEPT_SINCE} AS kept_since, ${RESUMABLE_SINCE} AS kept_from) kept`,
    );
    if (id === secondId(BEGINNING.id) && keptSince === null) return { cursor: BEGINNING, keptSince, now };
    const isKept = event && event.created_at.getTime() >= Number(kept_from);
    return { cursor: isKept ? cursorAt(event) : undefined, keptSince, now };
  }

  /** By a plan that is kept: making one over all partitions took longer than the reading. */
  private read<Row extends object>(statement: PreparedStatement<Row>, ...values: string[]): Promise<Row[]> {
    return Transaction.read(this.dataSource, statement.with(...values));
  }
}

/** Every id that was ever given out for an event. */
function idsOf(row: Candidate): string[] {
  const id = eventId(row);
  return [id, secondId(id), earlierEventId(row.transaction, row.seq)];
}

/**
 * One query for each index that answers it, so that a replay reads only what it sends. Each has its own limit, from which
 * the planner sees that reading the days' indexes side by side, in order, ends soon.
 */
const between = (whose: string): string => `
  (SELECT ${columnsOf(OrderEvent)} FROM order_events
    WHERE ${whose} AND seq > $1::bigint AND seq <= $2::bigint AND created_at > $3
    ORDER BY seq LIMIT ${REPLAY_ROWS})`;
const OWN = between(ROWS_OF.holder('$4::uuid'));
const NEW = between(ROWS_OF.everyTaker);
/** By the index of all events: a good part of them are such. */
const BOOK = between(`${ROWS_OF.everyBook} AND taker_id IS DISTINCT FROM $4::uuid`);
const readStatement = (whose: string, branches: string[]): PreparedStatement<OrderEvent> =>
  new PreparedStatement(
    `replay_${whose}`,
    `SELECT ${columnsOf(OrderEvent)} FROM (${branches.join(' UNION ALL ')}) concerning ORDER BY seq LIMIT ${REPLAY_ROWS}`,
  );
const READ = {
  ofMaker: readStatement('of_maker', [between(ROWS_OF.maker('$4'))]),
  ofTaker: readStatement('of_taker', [OWN]),
  ofTakerAndNew: readStatement('of_taker_and_new', [OWN, NEW]),
  ofTakerAndBook: readStatement('of_taker_and_book', [OWN, BOOK]),
};

function readOfTaker({ newOrders, book }: TakerAudience): PreparedStatement<OrderEvent> {
  if (book) return READ.ofTakerAndBook;
  return newOrders ? READ.ofTakerAndNew : READ.ofTaker;
}
