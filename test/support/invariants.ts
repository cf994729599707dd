import { expect } from '@jest/globals';
import { checkInvariants, type Finding, NEEDS_A_WORKER } from '#trading';
import type { DataSource } from 'typeorm';

/** The invariants that a database breaks, with examples. */
export async function brokenInvariants(dataSource: DataSource): Promise<Finding[]> {
  const broken: Finding[] = [];
  await checkInvariants(dataSource, (finding) => {
    if (finding.violations > 0) broken.push(finding);
  });
  return broken;
}

/** What must hold in the database after whatever happened; most tests run without a worker. */
export async function expectInvariants(dataSource: DataSource): Promise<void> {
  const broken = await brokenInvariants(dataSource);
  expect(broken.filter(({ number }) => number !== NEEDS_A_WORKER)).toEqual([]);
}
