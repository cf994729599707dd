import { expect } from '@jest/globals';
import { checkInvariants, type Finding } from '#trading';
import type { DataSource } from 'typeorm';

/** The invariants that a database breaks, with examples. */
export async function brokenInvariants(dataSource: DataSource): Promise<Finding[]> {
  const broken: Finding[] = [];
  await checkInvariants(dataSource, (finding) => {
    if (finding.violations > 0) broken.push(finding);
  });
  return broken;
}

/** What must hold in the database after whatever happened. */
export async function expectInvariants(dataSource: DataSource): Promise<void> {
  expect(await brokenInvariants(dataSource)).toEqual([]);
}
