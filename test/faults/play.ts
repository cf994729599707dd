import type { Settings } from '#config';
import { checkInvariants, type Finding } from '#trading';
import type { DataSource } from 'typeorm';
import { checkClients } from './check-clients.js';
import type { Fault } from './faults/fault.js';
import type { Fleet } from './fleet.js';
import { untilQuiet } from './quiet.js';
import { recordSince } from './record.js';
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
  findings: Finding[];
}

/** What a fault meets. */
export interface Stage {
  fleet: Fleet;
  dataSource: DataSource;
  settings: Settings;
}

/** Plays a fault under load, waits for quiet, and checks all invariants. */
export async function play(fault: Fault, stage: Stage, rounds: number): Promise<Outcome> {
  await fault.prepare?.(stage.fleet);
  try {
    return await underLoad(fault, stage, rounds);
  } finally {
    await fault.restore?.(stage.fleet);
  }
}

async function underLoad(fault: Fault, stage: Stage, rounds: number): Promise<Outcome> {
  const { fleet, dataSource, settings } = stage;
  const traffic = await Traffic.begin(fleet, settings, dataSource);
  try {
    const { injected, underWay } = await inject(fault, { fleet, traffic }, rounds);
    await traffic.stop();
    await untilQuiet(dataSource, traffic);
    return {
      fault: fault.name,
      injected,
      handshakes: traffic.handshakes,
      underWay,
      internalErrors: traffic.ledger.told.filter(({ status }) => status === 500).length,
      findings: await findingsOf(dataSource, traffic),
    };
  } finally {
    await traffic.close();
  }
}

async function inject(fault: Fault, scene: { fleet: Fleet; traffic: Traffic }, rounds: number) {
  const { traffic } = scene;
  let injected = 0;
  let underWay = Infinity;
  await traffic.start();
  for (let round = 0; round < fault.times * rounds; round += 1) {
    await traffic.goOn(ORDERS_BETWEEN);
    underWay = Math.min(underWay, traffic.underWay);
    injected += await fault.inject(scene, round);
    for (const member of scene.fleet.members) member.requireAlive();
  }
  await traffic.goOn(ORDERS_BETWEEN);
  return { injected, underWay };
}

async function findingsOf(
  dataSource: DataSource,
  { ledger: { told }, participants, since }: Traffic,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  await checkInvariants(dataSource, (finding) => findings.push(finding));
  const record = await recordSince(dataSource, since);
  return [...findings, ...checkClients({ told, participants, record })];
}
