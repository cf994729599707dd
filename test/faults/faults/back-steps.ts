import dataSource from '../../../ormconfig.js';
import { until } from '../../support/until.js';
import type { Pair } from '../pair.js';
import { recordAt } from '../record.js';
import type { Traffic } from '../traffic.js';
import { everybodyWorks } from './database.js';
import type { Fault } from './fault.js';
import { leadAll, switchAll } from './silence.js';

/** Of the old primary, which the standby has not heard of. */
const EVENTS_LOST = 100;
const CLOSE_SERVICE_RESTART = 1012;

/** What the old primary said of the last moment is undone, and all are told that something is. */
export const laggingStandby: Fault<Pair> = {
  name: 'a lagging asynchronous standby promoted',
  times: 1,
  async inject({ fleet, traffic }) {
    const { cluster } = fleet;
    const { primary, standby } = cluster;
    await standby.detach();
    const since = await lastChangeOf(cluster);
    await until(async () => (await eventsAfter(cluster, since)) >= EVENTS_LOST, 'the standby to lag behind');
    const closes = closesOf(traffic);
    await primary.kill();
    leadAll(fleet, cluster.at(standby));
    await cluster.failOver();
    cluster.follow();
    await until(
      () => closesOf(traffic).every((count, at) => count > closes[at]!),
      'every socket to be closed',
    );
    await everybodyWorks(fleet);
    await primary.start();
    const record = await recordAt(cluster.at(primary), dataSource, traffic.since);
    await primary.kill();
    traffic.undone = { record, since };
    return 1;
  },
  restore: ({ cluster }) => cluster.standBy(),
};

/** With everything stopped, as the manual says. Clients go on where they were. */
export const dumpedAndRestored: Fault<Pair> = {
  name: 'dumped, and restored into a new cluster',
  times: 1,
  async inject({ fleet }) {
    const { cluster } = fleet;
    await Promise.all(fleet.members.map((member) => member.stop()));
    await cluster.dumpAndRestore();
    switchAll(fleet, cluster.server);
    cluster.follow();
    await Promise.all(fleet.members.map((member) => member.start()));
    return 1;
  },
};

/** When the last transaction was committed that the standby has, Unix ms. */
async function lastChangeOf({ standby }: Pair): Promise<number> {
  const [row] = await standby.query<{ at: Date }>('SELECT pg_last_xact_replay_timestamp() AS at');
  return row!.at.getTime();
}

async function eventsAfter(cluster: Pair, since: number): Promise<number> {
  const [row] = await cluster.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM order_events WHERE created_at > $1',
    [new Date(since)],
  );
  return row!.count;
}

/** How often each plain socket was closed because history is another one. */
function closesOf({ participants }: Traffic): number[] {
  return participants.flatMap(({ witnesses }) =>
    witnesses.map(({ closeCodes }) => closeCodes.filter((code) => code === CLOSE_SERVICE_RESTART).length),
  );
}
