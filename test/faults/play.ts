import type { Settings } from '#config';
import { checkInvariants, type Finding } from '#trading';
import type { DataSource } from 'typeorm';
import { checkClients } from './check-clients.js';
import type { Evidence } from './evidence.js';
import type { Cluster } from './cluster.js';
import type { Database } from './database.js';
import type { Fault, Scene } from './faults/fault.js';
import type { Fleet } from './fleet.js';
import { longestPush } from './heard.js';
import type { Told } from './ledger.js';
import { untilQuiet } from './quiet.js';
import { Traffic } from './traffic.js';

/** Orders that come to their end before the first injection, between two, and after the last one. */
const ORDERS_BETWEEN = 10;

/** A line of the table. */
export interface Outcome {
  fault: string;
  injected: number;
  handshakes: number;
  /** The fewest orders that were on their way when it was injected. */
  underWay: number;
  /** Answers of 500: the service met what it has no name for. */
  internalErrors: number;
  /** The longest time in which no call that changes something succeeded, from the first injection on. */
  callsAwayMs: number;
  /** The longest time from a change to its push, of changes from the first injection on. */
  pushesAwayMs: number;
  findings: Finding[];
}

/** What a fault meets. */
export interface Stage<D extends Database = Cluster> {
  fleet: Fleet<D>;
  dataSource: DataSource;
  settings: Settings;
}

/** Plays a fault under load, waits for quiet, and checks all invariants. */
export async function play<D extends Database>(
  fault: Fault<D>,
  stage: Stage<D>,
  rounds: number,
): Promise<Outcome> {
  await fault.prepare?.(stage.fleet);
  try {
    return await underLoad(fault, stage, rounds);
  } catch (error) {
    await stage.fleet.renew();
    throw error;
  } finally {
    await fault.restore?.(stage.fleet);
  }
}

async function underLoad<D extends Database>(
  fault: Fault<D>,
  stage: Stage<D>,
  rounds: number,
): Promise<Outcome> {
  const { fleet, dataSource, settings } = stage;
  const traffic = await Traffic.begin(fleet, settings, dataSource);
  try {
    const { injected, underWay, from, to } = await inject(fault, { fleet, traffic }, rounds);
    await traffic.stop();
    await untilQuiet(dataSource, traffic);
    const evidence = await traffic.evidence(dataSource);
    return {
      fault: fault.name,
      injected,
      handshakes: traffic.handshakes,
      underWay,
      internalErrors: evidence.told.filter(({ status }) => status === 500).length,
      callsAwayMs: longestWithout(evidence.told, from, to),
      pushesAwayMs: longestPush(evidence, from),
      findings: await findingsOf(dataSource, evidence),
    };
  } finally {
    await traffic.close();
  }
}

async function inject<D extends Database>(fault: Fault<D>, scene: Scene<D>, rounds: number) {
  const { traffic } = scene;
  let injected = 0;
  let underWay = Infinity;
  let from: number | undefined;
  await traffic.start();
  for (let round = 0; round < fault.times * rounds; round += 1) {
    await traffic.goOn(ORDERS_BETWEEN);
    underWay = Math.min(underWay, traffic.underWay);
    from ??= Date.now();
    injected += await fault.inject(scene, round);
    for (const member of scene.fleet.members) member.requireAlive();
  }
  await traffic.goOn(ORDERS_BETWEEN);
  return { injected, underWay, from: from!, to: Date.now() };
}

async function findingsOf(dataSource: DataSource, evidence: Evidence): Promise<Finding[]> {
  const findings: Finding[] = [];
  await checkInvariants(dataSource, (finding) => findings.push(finding));
  return [...findings, ...checkClients(evidence)];
}

/** The longest time without a change that succeeded. */
function longestWithout(told: readonly Told[], from: number, to: number): number {
  const successes = told
    .filter(({ method, status, at }) => method !== 'GET' && status < 300 && at > from && at < to)
    .map(({ at }) => at);
  const moments = [from, ...successes, to];
  return Math.max(...moments.slice(1).map((at, index) => at - moments[index]!));
}
