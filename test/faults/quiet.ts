import { eventId } from '#events';
import type { DataSource } from 'typeorm';
import { until } from '../support/until.js';
import { eventsSince } from './record.js';
import type { Traffic } from './traffic.js';

const PATIENCE_MS = 60_000;

/** Waits until nothing happens any more, and everybody has heard of what did. */
export async function untilQuiet(dataSource: DataSource, traffic: Traffic): Promise<void> {
  await until(() => nothingIsDue(dataSource), 'all orders to be final and all writers gone', PATIENCE_MS);
  const events = await eventsSince(dataSource, traffic.since);
  for (const { name, session, witnesses, messageOf } of traffic.participants) {
    const last = eventId(events.findLast((event) => messageOf(event))!);
    const hasHeard = (): boolean => [session, ...witnesses].every(({ lastId }) => lastId === last);
    await until(hasHeard, `${name} to hear the last of its events, ${last}`, PATIENCE_MS);
  }
}

/** No order that could still change, and no call that still writes. */
async function nothingIsDue(dataSource: DataSource): Promise<boolean> {
  const [row] = await dataSource.query<[{ due: boolean }]>(`
    SELECT EXISTS (SELECT FROM orders WHERE status IN ('pending', 'locked', 'suspended'))
      OR EXISTS (SELECT FROM cancellation_requests WHERE status IN ('requested', 'timed_out'))
      OR EXISTS (SELECT FROM pg_stat_activity WHERE backend_xid IS NOT NULL) AS due`);
  return !row.due;
}
