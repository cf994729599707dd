import { columnsOf } from '#database';
import type { Client } from 'pg';
import { BEGINNING, earliestPast, type EventCursor } from '../log/event-cursor.js';
import { eventId, seqOf } from '../log/event-id.js';
import { OrderEvent } from '../log/order-event.entity.js';
import { EVENTS_KEPT_SINCE } from '../partitions/event-partitions.js';

/**
 * More than commit at the same time: numbers and commits have different orders, so that a standby which was behind can
 * have the last event and lack one before it.
 */
const REMEMBERED = 500;

/** The last events that were handed out, by which a server that knows less is found out. */
export class KnownHistory {
  private cursors: EventCursor[] = [];

  beginWith(cursor: EventCursor): void {
    this.cursors = [cursor];
  }

  /** Whether the event of this id is among them, or nothing was handed out yet and it stands for that. */
  has(id: string): boolean {
    return this.cursors.some((cursor) => cursor.id === id);
  }

  add(cursors: EventCursor[]): void {
    this.cursors = [...this.cursors, ...cursors].slice(-REMEMBERED);
  }

  /** Whether this server does not have all of them as they were, but for those that are too old to be kept. */
  async isUndone(client: Client): Promise<boolean> {
    const cursors = this.cursors.filter(({ id }) => id !== BEGINNING.id);
    const [first] = cursors;
    if (!first) return false;
    const { rows: events } = await client.query<OrderEvent>(
      `SELECT ${columnsOf(OrderEvent)} FROM order_events WHERE seq = ANY ($1::bigint[]) AND created_at > $2`,
      [cursors.map(({ id }) => seqOf(id)), earliestPast(first)],
    );
    const there = new Set(events.map(eventId));
    const missing = cursors.filter(({ id }) => !there.has(id));
    if (missing.length === 0) return false;
    const { rows } = await client.query<{ kept_since: Date | number }>(
      `SELECT ${EVENTS_KEPT_SINCE} AS kept_since`,
    );
    return missing.some(({ created_at }) => created_at.getTime() >= Number(rows[0]!.kept_since));
  }
}
