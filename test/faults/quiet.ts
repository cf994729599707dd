import { eventId } from '#events';
import type { DataSource } from 'typeorm';
import { until } from '../support/until.js';
import { eventsSince } from './record.js';
import type { Traffic } from './traffic.js';

const PATIENCE_MS = 60_000;

/** Waits until nothing happens any more, and everybody has heard of what did. */
export async function untilQuiet(dataSource: DataSource, traffic: Traffic): Promise<void> {
  const makers = traffic.makers.map(({ maker }) => maker.address);
  await until(
    () => nothingIsDue(dataSource, makers),
    'all orders to be final and all writers gone',
    PATIENCE_MS,
  );
  const events = await eventsSince(dataSource, traffic.since);
  const haveHeard = (): boolean =>
    traffic.participants.every(({ session, witnesses, messageOf }) => {
      const last = eventId(events.findLast((event) => messageOf(event))!);
      return [session, ...witnesses].every(({ lastId }) => lastId === last);
    });
  // what is missing then, the checks tell
  await until(haveHeard, 'everybody to hear the last of its events', PATIENCE_MS).catch(() => {});
}

/** No order of theirs that could still change, and no call that still writes. */
async function nothingIsDue(dataSource: DataSource, makers: string[]): Promise<boolean> {
  const [row] = await dataSource.query<[{ due: boolean }]>(
    `SELECT EXISTS (SELECT FROM orders WHERE status IN ('pending', 'locked', 'suspended') AND maker = ANY($1))
       OR EXISTS (SELECT FROM cancellation_requests JOIN orders ON orders.id = order_id
                   WHERE cancellation_requests.status IN ('requested', 'timed_out') AND maker = ANY($1))
       OR EXISTS (SELECT FROM pg_stat_activity WHERE backend_xid IS NOT NULL) AS due`,
    [makers],
  );
  return !row.due;
}
