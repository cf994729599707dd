import { afterAll, beforeAll, expect, test } from '@jest/globals';
import dataSource from '../../ormconfig.js';
import { connectDataSource } from '../support/data-source.js';
import { testSettings } from '../support/service.js';
import type { Database } from './database.js';
import type { Fault } from './faults/fault.js';
import type { Fleet } from './fleet.js';
import { type Outcome, play, type Stage } from './play.js';
import { table } from './table.js';

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 1);
const INVARIANTS = 23;
export const PATIENCE_MS = 60_000 + ROUNDS * 180_000;

/** A test for each fault, all on one fleet, and a table of them in the end. Returns where they are played. */
export function playEach<D extends Database>(
  faults: readonly Fault<D>[],
  startFleet: () => Promise<Fleet<D>>,
): () => Stage<D> {
  let fleet: Fleet<D> | undefined;
  const outcomes: Outcome[] = [];
  const notPlayed = new Map<string, string>();
  const stage = (): Stage<D> => ({ fleet: fleet!, dataSource, settings: testSettings() });

  beforeAll(async () => {
    fleet = await startFleet();
    await connectDataSource(fleet.cluster.url.href);
  }, PATIENCE_MS);

  afterAll(async () => {
    process.stdout.write(`\n${table(outcomes, notPlayed)}`);
    if (dataSource.isInitialized) await dataSource.destroy();
    await fleet?.stop();
  }, PATIENCE_MS);

  test.each(faults)(
    '$name',
    async (fault) => {
      const obstacle = fault.impossible?.(fleet!);
      if (obstacle !== undefined) {
        notPlayed.set(fault.name, `not run: ${obstacle}`);
        return;
      }
      const outcome = await play(fault, stage(), ROUNDS);
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
  return stage;
}
