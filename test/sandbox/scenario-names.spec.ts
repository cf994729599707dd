import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { SCENARIO_NAMES } from '../../apps/sandbox/src/scenarios/scenario-names.js';
import { lockstep } from '../support/command-line.js';

/** Those of the console: test/console/newcomer.spec.ts. */
const NAMES = SCENARIO_NAMES.toSorted();

test('the command line’s help has each scenario, and no other', async () => {
  const { stdout } = await lockstep(['trigger', '--help']);
  const [, told] = /Scenarios .*\n((?: {2}\S.*\n)+)/.exec(stdout)!;
  expect([...told!.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name).toSorted()).toEqual(NAMES);
});

test('docs/sandbox.md has each scenario, and no other', () => {
  const [, told] = /^\| name +\| then .*\n\| -.*\n((?:\|.*\n)+)/m.exec(
    readFileSync('docs/sandbox.md', 'utf8'),
  )!;
  expect([...told!.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name).toSorted()).toEqual(NAMES);
});
