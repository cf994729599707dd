import 'reflect-metadata';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import dataSource from '../../ormconfig.js';
import { testSettings } from '../support/service.js';
import { FAULTS } from './faults/index.js';
import { Fleet } from './fleet.js';
import { type Outcome, play } from './play.js';
import { table } from './table.js';

/**
 * Two API instances and two workers under load, and everything that can go wrong. After each fault all 18 invariants
 * must hold: those of the database, and those between the database and what clients were told.
 */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 1);
const INVARIANTS = 18;
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
