import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { columnsOf, PreparedStatement, RoundTrip, SessionConnection, urlOf } from '#database';
import type { Client } from 'pg';
import { DataSource } from 'typeorm';
import { type BusReceiver, type EventBatch, EventBus } from '../bus/event-bus.js';
import { BEGINNING, cursorAt, earliestPast, type EventCursor } from '../log/event-cursor.js';
import { eventId, seqOf } from '../log/event-id.js';
import { OrderEvent } from '../log/order-event.entity.js';
import { GapWatch, NUMBER_HOLDERS, type NumberHolder } from './gap-watch.js';
import { KnownHistory } from './known-history.js';
import { presentPosition } from './present-position.js';

/** Wake-ups make the tail fast; the poll makes it sure. */
const POLL_INTERVAL_MS = 250;
/** While the bus brings all events, the poll is for what it may lose. */
const POLL_INTERVAL_FED_MS = 1_000;
/** How soon it looks again for a number that is missing; most come within a few milliseconds, as a commit ends. */
const GAP_CHECK_MS = 10;
/** And later: what waits behind the gap is read again each time. */
const LATER_GAP_CHECK_MS = 250;
const BATCH_ROWS = 500;

const READ_PAST = new PreparedStatement<OrderEvent>(
  'read_past',
  `SELECT ${columnsOf(OrderEvent)} FROM order_events WHERE seq > $1::bigint AND created_at > $2
    ORDER BY seq LIMIT ${BATCH_ROWS}`,
);

/** Where a batch came from. */
export type BatchSource = 'database' | 'bus';

/** Hears what the tail reads. */
export interface TailListener {
  /** Events in the order of the log, each once, after their commits. */
  onEvents(events: OrderEvent[], source: BatchSource): void;
  /** Numbers that are missing were passed over: they are dead, or overdue. */
  onPassedOver(count: number, verdict: 'dead' | 'overdue'): void;
  /** The database has gone back in time: what was handed out before may not be true any more. */
  onHistoryUndone(): void;
}

/** A place at which numbers are missing. */
interface Gap {
  /** By performance.now(). */
  since: number;
  /** The last number that was read behind it. */
  seen: bigint;
  watch: GapWatch | undefined;
}

/**
 * Reads the log in the order of its numbers, each event exactly once, after its commit.
 *
 * Numbers are drawn before their transactions commit, in another order, and some transactions never do. So it waits where
 * a number is missing, until the event comes or is proven never to come: see `GapWatch`.
 */
@Injectable()
export class EventTail implements BusReceiver {
  private readonly logger = new Logger(EventTail.name);
  private listener: TailListener | undefined;
  private cursor = BEGINNING;
  private readonly known = new KnownHistory();
  private gap: Gap | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** While a gap is not looked at again. */
  private pause: NodeJS.Timeout | undefined;
  private reading: Promise<void> | undefined;
  private connection: SessionConnection | undefined;
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

  /** Begins at the present: what commits from now on is handed to the listener, in batches. */
  async start(listener: TailListener): Promise<void> {
    await new Promise<void>((started) => {
      // of its own, so that it never waits for calls, and the plan is made once: it took longer than the reading
      this.connection = new SessionConnection(urlOf(this.dataSource), {
        begin: async (client): Promise<void> => {
          await client.query('SET plan_cache_mode = force_generic_plan');
          if (this.listener) return this.takeUpAgain(client);
          await this.beginAtPresent(client);
          this.listener = listener;
          started();
        },
        onLost: ({ message }) => this.logger.warn(`the event tail has no connection: ${message}`),
      });
    });
    this.timer = setInterval(() => this.poll(), POLL_INTERVAL_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    clearTimeout(this.pause);
    this.listener = undefined;
    await this.reading;
    await this.connection?.stop();
  }

  /** The last event that was handed out, or passed by; before the first one, the beginning. */
  get position(): EventCursor {
    return this.cursor;
  }

  /** For how long a missing number has kept later events back, in milliseconds. */
  get gapAgeMs(): number {
    return this.gap ? performance.now() - this.gap.since : 0;
  }

  wake(): void {
    if (!this.listener || (this.pause && this.gapAgeMs > GAP_CHECK_MS)) return;
    this.woken = true;
    this.reading ??= this.readAll().finally(() => {
      this.reading = undefined;
      if (this.woken) this.wake();
    });
  }

  /**
   * Takes a batch that begins at an event that was handed out here. Where something is missing, the database has it; and
   * where the batch is of another history, only a new connection tells.
   */
  offer(batch: EventBatch): void {
    if (!this.listener || batch.to <= this.cursor.id) return;
    if (!this.known.has(batch.from)) {
      this.wake();
      return;
    }
    this.isFed = true;
    this.hand(batch, 'bus');
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
        more = (await this.connection?.with((client) => this.readOnce(client))) ?? false;
      }
    } catch (error) {
      this.woken = false; // the next poll tries again from the same cursor
      this.logger.warn(`the event tail could not read: ${(error as Error).message}`);
    }
  }

  /** Returns whether there may be more to read at once. */
  private async readOnce(client: Client): Promise<boolean> {
    const from = this.cursor;
    const { holders, events } = await this.read(client, from);
    const ready = this.upToGap(from, events, holders && this.judge(holders));
    if (ready.length > 0) this.handRead(from, ready);
    if (ready.length < events.length) {
      this.waitAtGap(events);
      return false;
    }
    this.gap = undefined;
    const more = events.length === BATCH_ROWS;
    if (!more) this.caughtUpAt = performance.now();
    return more;
  }

  /** As plain rows, as the replay does: a push needs no more. */
  private async read(client: Client, { id, created_at }: EventCursor) {
    const read = READ_PAST.with(seqOf(id), earliestPast({ id, created_at }).toISOString());
    if (this.gapAgeMs < GAP_CHECK_MS) {
      const { rows } = await RoundTrip.over(client, [read]);
      return { holders: undefined, events: rows[0] };
    }
    // in this order: what is missing is read after its transaction has been found to have ended
    const { rows } = await RoundTrip.over(client, [NUMBER_HOLDERS.with(), read]);
    return { holders: rows[0], events: rows[1] };
  }

  /** The number up to which what is missing will not come. */
  private judge(holders: NumberHolder[]): { upTo: bigint; verdict: 'dead' | 'overdue' } | undefined {
    const gap = this.gap;
    if (!gap) return undefined;
    gap.watch ??= new GapWatch(gap.seen);
    const { upTo } = gap.watch;
    const verdict = gap.watch.judge(holders);
    if (verdict === 'open') return undefined;
    gap.watch = undefined;
    return { upTo, verdict };
  }

  /** The events before the first missing number that may still come. */
  private upToGap(from: EventCursor, events: OrderEvent[], decided: ReturnType<EventTail['judge']>) {
    let last = BigInt(seqOf(from.id));
    const ready: OrderEvent[] = [];
    for (const event of events) {
      const seq = BigInt(event.seq);
      const missing = seq - last - 1n;
      if (missing > 0n) {
        if (!decided || seq - 1n > decided.upTo) break;
        // before the first event of all, numbers are those of events that are not kept any more
        if (last > 0n) this.passOver(last + 1n, seq - 1n, decided.verdict);
      }
      ready.push(event);
      last = seq;
    }
    return ready;
  }

  private passOver(first: bigint, last: bigint, verdict: 'dead' | 'overdue'): void {
    const numbers = `${first} to ${last}`;
    if (verdict === 'dead') this.logger.log(`there are no events ${numbers}: these numbers were given up`);
    else
      this.logger.error(
        `events ${numbers} are passed over: a foreign transaction that may have them goes on`,
      );
    this.listener?.onPassedOver(Number(last - first) + 1, verdict);
  }

  private waitAtGap(events: OrderEvent[]): void {
    const seen = BigInt(events.at(-1)!.seq);
    const since = this.gap?.since ?? performance.now();
    this.gap = { since, watch: this.gap?.watch, seen };
    this.pause ??= setTimeout(
      () => {
        this.pause = undefined;
        this.wake();
      },
      this.gapAgeMs < LATER_GAP_CHECK_MS ? GAP_CHECK_MS : LATER_GAP_CHECK_MS,
    );
  }

  private handRead(from: EventCursor, events: OrderEvent[]): void {
    const last = events.at(-1)!;
    const batch = { from: from.id, to: eventId(last), created_at: last.created_at, events };
    this.bus.publish(batch);
    if (batch.to <= this.cursor.id) return; // the bus was faster
    this.isFed = false;
    this.hand(batch, 'database');
  }

  /** While it read, the bus may have brought the beginning of what it read. */
  private hand({ to, created_at, events }: EventBatch, source: BatchSource): void {
    const heard = BigInt(seqOf(this.cursor.id));
    this.cursor = { id: to, created_at };
    this.gap = undefined;
    const fresh = events.filter(({ seq }) => BigInt(seq) > heard);
    this.known.add([...fresh.slice(0, -1).map(cursorAt), this.cursor]);
    this.listener?.onEvents(fresh, source);
  }

  /** With a new connection, which may lead to a server that knows less than the one before. */
  private async takeUpAgain(client: Client): Promise<void> {
    this.gap = undefined;
    if (!(await this.known.isUndone(client))) return;
    this.logger.error('the database has gone back in time: all sockets are closed, and begin anew');
    this.listener?.onHistoryUndone();
    await this.beginAtPresent(client);
  }

  private async beginAtPresent(client: Client): Promise<void> {
    this.cursor = await presentPosition(client);
    this.known.beginWith(this.cursor);
    this.caughtUpAt = performance.now();
  }
}
