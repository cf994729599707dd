import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { columnsOf, PreparedStatement, RoundTrip, StandingConnection, urlOf } from '#database';
import { DataSource } from 'typeorm';
import { type BusReceiver, type EventBatch, EventBus } from './event-bus.js';
import { earliestPast, type EventCursor } from './event-cursor.js';
import { eventId, eventPosition } from './event-id.js';
import { OrderEvent } from './order-event.entity.js';

/** Wake-ups make the tail fast; the poll makes it sure. */
const POLL_INTERVAL_MS = 250;
/** While the bus brings all events, the poll is for what it may lose. */
const POLL_INTERVAL_FED_MS = 1_000;
const BATCH_ROWS = 500;

const READ_PAST = new PreparedStatement<OrderEvent>(
  'read_past',
  `SELECT ${columnsOf(OrderEvent)} FROM order_events
    WHERE (xid, seq) > ($1::xid8, $2::bigint) AND created_at > $3 AND xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY xid, seq LIMIT ${BATCH_ROWS}`,
);

/** Where a batch came from. */
export type BatchSource = 'database' | 'bus';
type Listener = (events: OrderEvent[], source: BatchSource) => void;

/**
 * Reads events in the order in which they become readable, each exactly once, after its commit.
 *
 * A row is read once no older transaction is still open (`xid` below the snapshot's xmin): transactions commit in
 * another order than they draw numbers, and a reader that pages by number alone would pass over the late ones.
 */
@Injectable()
export class EventTail implements BusReceiver {
  private readonly logger = new Logger(EventTail.name);
  private listener: Listener | undefined;
  private cursor: EventCursor | undefined;
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | undefined;
  private connection: StandingConnection | undefined;
  private woken = false;
  /** Whether the last events came by the bus. */
  private isFed = false;
  /** When it last read to the end, by performance.now(). */
  caughtUpAt = 0;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly bus: EventBus,
  ) {
    bus.bringTo(this);
  }

  /**
   * Begins at the present: what commits from now on is handed to the listener, in batches. That is after the last event,
   * not at a transaction number that none has yet: after a crash PostgreSQL may give such a number again.
   */
  async start(listener: Listener): Promise<void> {
    const [last] = await this.dataSource.query<EventCursor[]>(
      `SELECT xid, seq, created_at FROM order_events WHERE xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY xid DESC, seq DESC LIMIT 1`,
    );
    this.cursor = last;
    this.caughtUpAt = performance.now();
    this.listener = listener;
    // of its own, so that it never waits for calls, and the plan is made once: it took longer than the reading
    this.connection = new StandingConnection(urlOf(this.dataSource), {
      begin: (client) => client.query('SET plan_cache_mode = force_generic_plan'),
      onLost: ({ message }) => this.logger.warn(`the event tail has no connection: ${message}`),
    });
    this.timer = setInterval(() => this.poll(), POLL_INTERVAL_MS);
  }

  /** Whether everything that was handed out comes before this transaction number. */
  isBefore(xid: string): boolean {
    return this.positionId <= eventId({ xid, seq: '0' });
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.listener = undefined;
    await this.reading;
    await this.connection?.stop();
  }

  /** Up to where it has read; before the start, the beginning. */
  get position(): EventCursor {
    return this.cursor ?? { xid: '0', seq: '0', created_at: new Date(0) };
  }

  wake(): void {
    if (!this.listener) return;
    this.woken = true;
    this.reading ??= this.readAll().finally(() => {
      this.reading = undefined;
      if (this.woken) this.wake();
    });
  }

  /** Takes a batch that follows on what it has read; where something is missing, the database has it. */
  offer(batch: EventBatch): void {
    if (!this.listener || batch.to <= this.positionId) return;
    if (batch.from > this.positionId) {
      this.wake();
      return;
    }
    this.isFed = true;
    this.hand(batch, 'bus');
  }

  private get positionId(): string {
    return eventId(this.position);
  }

  private poll(): void {
    if (this.isFed && performance.now() - this.caughtUpAt < POLL_INTERVAL_FED_MS) return;
    this.wake();
  }

  private async readAll(): Promise<void> {
    try {
      let more = true;
      while (more && this.listener) {
        this.woken = false;
        const from = this.position;
        const events = await this.readPast(from);
        if (!events) return;
        if (events.length > 0) this.handRead(from, events);
        more = events.length === BATCH_ROWS;
        if (!more) this.caughtUpAt = performance.now();
      }
    } catch (error) {
      this.woken = false; // the next poll tries again from the same cursor
      this.logger.warn(`the event tail could not read: ${(error as Error).message}`);
    }
  }

  /** As plain rows, as the replay does: a push needs no more, and every event passes here on every instance. */
  private async readPast(cursor: EventCursor): Promise<OrderEvent[] | undefined> {
    const read = READ_PAST.with(cursor.xid, cursor.seq, earliestPast(cursor).toISOString());
    return this.connection?.with(async (client) => (await RoundTrip.over(client, [read])).rows[0]);
  }

  private handRead(from: EventCursor, events: OrderEvent[]): void {
    const last = events.at(-1)!;
    const batch = { from: eventId(from), to: eventId(last), created_at: last.created_at, events };
    this.bus.publish(batch);
    if (batch.to <= this.positionId) return; // the bus was faster
    this.isFed = false;
    this.hand(batch, 'database');
  }

  /** While it read, the bus may have brought the beginning of what it read. */
  private hand({ to, created_at, events }: EventBatch, source: BatchSource): void {
    const heard = this.positionId;
    this.cursor = { ...eventPosition(to)!, created_at };
    this.listener?.(
      events.filter((event) => eventId(event) > heard),
      source,
    );
  }
}
