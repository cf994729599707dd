import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../support/until.js';
import type { Fleet } from '../fleet.js';
import type { Pair } from '../pair.js';
import { LONGEST_CALL_MS } from '../told-in-answers.js';
import type { Traffic } from '../traffic.js';
import { everybodyWorks } from './database.js';
import type { Fault } from './fault.js';

/** What a quiet machine keeps, from the moment at which a server answers again: printed beside the figure. */
const RECOVERY_PROMISE_MS = 10_000;
/** So long it is looked at, to say how long it took instead. */
const RECOVERY_PATIENCE_MS = 120_000;
const ORDERS_MEANWHILE = 10;
/** So many callers more, that there are more than connections, and every connection is at something. */
const CALLERS = 40;
const CALLS_BEFORE = 200;
const STANDBY_LOST_MS = 20_000;
const READ_ONLY_MS = 5_000;
/** Calls that are to meet a read-only server before it is over. */
const REFUSED_CALLS = 10;

/** Its connections stay open, and nobody answers. New ones reach the promoted standby, which has every commit. */
export const frozenPrimary: Fault<Pair> = {
  name: 'primary frozen, standby promoted, new connections switched',
  times: 1,
  prepare: ({ cluster }) => cluster.primary.waitForStandby(true),
  async inject({ fleet, traffic }) {
    const { cluster } = fleet;
    const { primary, standby } = cluster;
    await makeBusy(traffic);
    primary.freeze();
    leadAll(fleet, cluster.at(standby));
    await cluster.failOver();
    cluster.follow();
    await requireRecovery(traffic);
    await traffic.goOn(ORDERS_MEANWHILE);
    await primary.kill();
    await everybodyWorks(fleet);
    return 1;
  },
  restore: ({ cluster }) => cluster.standBy(),
};

/** As a firewall does that has forgotten them. */
export const droppedPackets: Fault<Pair> = {
  name: "packets of the pools' connections dropped",
  times: 1,
  async inject({ fleet, traffic }) {
    await makeBusy(traffic);
    for (const proxy of fleet.proxies) proxy.swallowAll();
    await requireRecovery(traffic);
    await traffic.goOn(ORDERS_MEANWHILE);
    for (const proxy of fleet.proxies) proxy.cutAll(({ swallowed }) => swallowed);
    await everybodyWorks(fleet);
    return 1;
  },
};

/** Commits hang: nobody knows whether they will be done. */
export const lostStandby: Fault<Pair> = {
  name: 'the only synchronous standby lost for 20 s',
  times: 1,
  prepare: ({ cluster }) => cluster.primary.waitForStandby(true),
  async inject({ fleet }) {
    const { primary, standby } = fleet.cluster;
    await standby.kill();
    const end = delay(STANDBY_LOST_MS);
    const waiting = () => primary.query(`SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'`);
    await until(async () => (await waiting()).length > 0, 'commits to hang');
    await end;
    await standby.start();
    await everybodyWorks(fleet);
    return 1;
  },
  restore: ({ cluster }) => cluster.primary.waitForStandby(false),
};

/** As when a name leads to the standby for a moment. */
export const readOnly: Fault<Pair> = {
  name: 'five seconds of read-only',
  times: 1,
  async inject({ fleet, traffic: { ledger } }) {
    const { cluster } = fleet;
    const refusals = () => ledger.told.filter(({ status }) => status === 503).length;
    const before = refusals();
    switchAll(fleet, cluster.at(cluster.standby));
    await delay(READ_ONLY_MS);
    switchAll(fleet, cluster.server);
    if (refusals() < before + REFUSED_CALLS)
      throw new Error(`${refusals() - before} calls were refused, not at least ${REFUSED_CALLS}`);
    await everybodyWorks(fleet);
    return 1;
  },
};

/** New connections of every process are led there, old ones are left alone. */
export function leadAll({ proxies }: Fleet<Pair>, server: URL): void {
  for (const proxy of proxies) proxy.leadTo(server);
}

/** The same, and old ones are broken. */
export function switchAll(fleet: Fleet<Pair>, server: URL): void {
  leadAll(fleet, server);
  for (const proxy of fleet.proxies) proxy.cutAll();
}

async function makeBusy(traffic: Traffic): Promise<void> {
  const { told } = traffic.ledger;
  const before = told.length;
  traffic.callMore(CALLERS);
  await until(() => told.length > before + CALLS_BEFORE, 'more calls to be made');
}

/** Both instances carry changes out again soon, now that a server answers. */
async function requireRecovery({ ledger: { told, urls } }: Traffic): Promise<void> {
  const start = Date.now();
  const works = (url: string) =>
    told.some(
      (call) => call.url === url && call.sentAt >= start && call.method !== 'GET' && call.status < 300,
    );
  await until(() => urls.every(works), 'both instances to carry changes out', RECOVERY_PATIENCE_MS);
  const ms = Date.now() - start;
  process.stdout.write(
    `recovered ${ms} ms after a server answered again (promise: ${RECOVERY_PROMISE_MS} ms)\n`,
  );
  if (ms > LONGEST_CALL_MS) throw new Error(`recovered after ${ms} ms: longer than a call may wait`);
}
