import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { earliestPast, type EventCursor } from './event-cursor.js';
import { EventLog } from './event-log.js';
import { eventId } from './event-id.js';
import { OrderEvent } from './order-event.entity.js';

/** Pokes make the tail fast; the poll makes it sure. */
const POLL_INTERVAL_MS = 250;
const BATCH_ROWS = 500;

type Listener = (events: OrderEvent[]) => void;

/**
 * Reads events in the order in which they become readable, each exactly once, after its commit.
 *
 * A row is read once no older transaction is still open (`xid` below the snapshot's xmin): transactions commit in
 * another order than they draw numbers, and a reader that pages by number alone would pass over the late ones.
 */
@Injectable()
export class EventTail {
  private readonly logger = new Logger(EventTail.name);
  private listener: Listener | undefined;
  private cursor: EventCursor | undefined;
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | undefined;
  private poked = false;
  /** When it last read to the end, by performance.now(). */
  caughtUpAt = 0;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly log: EventLog,
  ) {}

  /** Begins at the present: what commits from now on is handed to the listener, in batches. */
  async start(listener: Listener): Promise<void> {
    const [row] = await this.dataSource.query<[{ xmin: string; now: Date }]>(
      'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin, clock_timestamp() AS now',
    );
    this.cursor = { xid: row.xmin, seq: '0', created_at: row.now };
    this.caughtUpAt = performance.now();
    this.listener = listener;
    this.log.onPoke(() => this.wake());
    this.timer = setInterval(() => this.wake(), POLL_INTERVAL_MS);
  }

  /** Whether everything that was handed out comes before this transaction number. */
  isBefore(xid: string): boolean {
    return eventId(this.position) <= eventId({ xid, seq: '0' });
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.listener = undefined;
    await this.reading;
  }

  /** Up to where it has read; before the start, the beginning. */
  get position(): EventCursor {
    return this.cursor ?? { xid: '0', seq: '0', created_at: new Date(0) };
  }

  private wake(): void {
    if (!this.listener) return;
    this.poked = true;
    this.reading ??= this.readAll().finally(() => {
      this.reading = undefined;
      if (this.poked) this.wake();
    });
  }

  private async readAll(): Promise<void> {
    try {
      let more = true;
      while (more && this.listener) {
        this.poked = false;
        const events = await this.readBatch();
        if (events.length > 0) this.deliver(events);
        more = events.length === BATCH_ROWS;
        if (!more) this.caughtUpAt = performance.now();
      }
    } catch (error) {
      this.poked = false; // the next poll tries again from the same cursor
      this.logger.warn(`the event tail could not read: ${(error as Error).message}`);
    }
  }

  private readBatch(): Promise<OrderEvent[]> {
    const { xid, seq } = this.position;
    return this.dataSource
      .getRepository(OrderEvent)
      .createQueryBuilder('event')
      .where('(event.xid, event.seq) > (:xid::xid8, :seq::bigint)', { xid, seq })
      .andWhere('event.created_at > :earliest', { earliest: earliestPast(this.position) })
      .andWhere('event.xid < pg_snapshot_xmin(pg_current_snapshot())')
      .orderBy('event.xid')
      .addOrderBy('event.seq')
      .limit(BATCH_ROWS)
      .getMany();
  }

  private deliver(events: OrderEvent[]): void {
    const { xid, seq, created_at } = events.at(-1)!;
    this.cursor = { xid, seq, created_at };
    this.listener?.(events);
  }
}
