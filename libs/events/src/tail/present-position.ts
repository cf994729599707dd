import { setTimeout as delay } from 'node:timers/promises';
import { columnsOf, PreparedStatement, RoundTrip, TRANSACTION_LIMIT_MS } from '#database';
import type { Client } from 'pg';
import { BEGINNING, cursorAt, type EventCursor } from '../log/event-cursor.js';
import { OrderEvent } from '../log/order-event.entity.js';
import { GapWatch, NUMBER_HOLDERS, type NumberHolder } from './gap-watch.js';

/** How long it waits for transactions that have numbers; most end within milliseconds. */
const PATIENCE_MS = 1_000;
const CHECK_MS = 10;

const READ_LAST = new PreparedStatement<OrderEvent>(
  'read_last',
  `SELECT ${columnsOf(OrderEvent)} FROM order_events ORDER BY seq DESC LIMIT 1`,
);
const READ_LAST_BEFORE = new PreparedStatement<OrderEvent>(
  'read_last_before',
  `SELECT ${columnsOf(OrderEvent)} FROM order_events WHERE created_at < $1 ORDER BY seq DESC LIMIT 1`,
);

/**
 * Where the log stands: after its last event. Who had drawn a number before that was read has to end first, or it might
 * commit an event that is passed by. Where one of ours does not end, it is further back, before that one began.
 */
export async function presentPosition(client: Client): Promise<EventCursor> {
  const [last] = (await RoundTrip.over(client, [READ_LAST.with()])).rows[0];
  if (!last) return BEGINNING;
  const watch = new GapWatch(BigInt(last.seq));
  const latest = performance.now() + PATIENCE_MS;
  let holders = await numberHolders(client);
  while (watch.judge(holders) === 'open') {
    if (performance.now() >= latest) return (await positionBefore(client, holders)) ?? cursorAt(last);
    await delay(CHECK_MS);
    holders = await numberHolders(client);
  }
  return cursorAt(last);
}

async function numberHolders(client: Client): Promise<NumberHolder[]> {
  return (await RoundTrip.over(client, [NUMBER_HOLDERS.with()])).rows[0];
}

/** None where all of them are somebody else's, who may last for ever. */
async function positionBefore(client: Client, holders: NumberHolder[]): Promise<EventCursor | undefined> {
  const begun = holders.filter(({ is_ours }) => is_ours).map(({ begun_at }) => begun_at.getTime());
  if (begun.length === 0) return undefined;
  const before = new Date(Math.min(...begun) - TRANSACTION_LIMIT_MS);
  const [last] = (await RoundTrip.over(client, [READ_LAST_BEFORE.with(before.toISOString())])).rows[0];
  return last ? cursorAt(last) : BEGINNING;
}
