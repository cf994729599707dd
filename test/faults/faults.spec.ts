import 'reflect-metadata';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import dataSource from '../../ormconfig.js';
import { testSettings } from '../support/service.js';
import { checkClients, type Evidence } from './check-clients.js';
import { FAULTS } from './faults/index.js';
import { Fleet } from './fleet.js';
import { type Outcome, play } from './play.js';
import { untilQuiet } from './quiet.js';
import { recordSince } from './record.js';
import { table } from './table.js';
import { Traffic } from './traffic.js';
import type { Witness } from './witness.js';

/**
 * Two API instances and two workers under load, and everything that can go wrong. After each fault all 18 invariants
 * must hold: those of the database, and those between the database and what clients were told.
 */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 1);
const INVARIANTS = 18;
const ORDERS_WITHOUT_FAULT = 20;
const PATIENCE_MS = 60_000 + ROUNDS * 180_000;

let fleet: Fleet;
const outcomes: Outcome[] = [];
const notPlayed = new Map<string, string>();

beforeAll(async () => {
  fleet = await Fleet.start();
  await dataSource.setOptions({ url: fleet.cluster.url.href }).initialize();
}, PATIENCE_MS);

afterAll(async () => {
  process.stdout.write(`\n${table(outcomes, notPlayed)}`);
  await dataSource.destroy();
  await fleet.stop();
}, PATIENCE_MS);

test(
  'without a fault all holds, and each check between clients and database can fail',
  async () => {
    const traffic = await Traffic.begin(fleet, testSettings(), dataSource);
    await traffic.start();
    await traffic.goOn(ORDERS_WITHOUT_FAULT);
    await traffic.stop();
    await untilQuiet(dataSource, traffic);
    await traffic.close();
    const record = await recordSince(dataSource, traffic.since);
    const { participants, ledger } = traffic;
    const broken = (changes: Partial<Evidence>): number[] =>
      checkClients({ told: ledger.told, participants, record, ...changes })
        .filter(({ violations }) => violations > 0)
        .map(({ number }) => number);
    expect(broken({})).toEqual([]);

    const at = ledger.told.findIndex(({ path, status }) => path.endsWith('/unlock') && status === 200);
    const unlock = ledger.told[at]!;
    expect(broken({ told: ledger.told.with(at, { ...unlock, requestId: 'another' }) })).toEqual([15]);
    expect(broken({ told: ledger.told.with(at, { ...unlock, status: 409 }) })).toEqual([16]);

    const [one, other] = [participants[0]!, participants[1]!];
    const frames = one.witnesses[0]!.frames;
    const heardBy = (changed: typeof frames) =>
      participants.with(0, { ...one, witnesses: [{ ...one.witnesses[0]!, frames: changed } as Witness] });
    expect(broken({ participants: heardBy(frames.toSpliced(1, 1)) })).toEqual([17]);
    expect(broken({ participants: heardBy(frames.toReversed()) })).toEqual([17]);
    expect(broken({ participants: heardBy([...frames, other.witnesses[0]!.frames[0]!]) })).toEqual([17, 18]);
    const untold = { ...one, heard: one.heard.slice(0, -1) };
    expect(broken({ participants: participants.with(0, untold) })).toEqual([17]);
  },
  PATIENCE_MS,
);

test.each(FAULTS)(
  '$name',
  async (fault) => {
    const obstacle = fault.impossible?.(fleet);
    if (obstacle !== undefined) {
      notPlayed.set(fault.name, `not run: ${obstacle}`);
      return;
    }
    const outcome = await play(fault, { fleet, dataSource, settings: testSettings() }, ROUNDS);
    outcomes.push(outcome);
    process.stdout.write(`${fault.name}: ${outcome.handshakes} handshakes\n`);
    const { injected, handshakes, underWay, internalErrors, findings } = outcome;
    expect(findings).toHaveLength(INVARIANTS);
    expect(findings.filter(({ violations }) => violations > 0)).toEqual([]);
    expect(internalErrors).toBe(0);
    expect(injected).toBeGreaterThanOrEqual(fault.times * ROUNDS);
    expect(Math.min(handshakes, underWay)).toBeGreaterThan(0);
  },
  PATIENCE_MS,
);
