import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { freePort } from '#database';
import { ServiceProcess } from './support/service-process.js';

const DEMO = [process.execPath, 'dist/apps/demo/src/main.js'];

/** `npm run demo` as a newcomer runs it: nothing is there yet, and nothing is left afterwards. */
test('the demo plays all outcomes on a service and a database of its own, and cleans up', async () => {
  const base = mkdtempSync(join(tmpdir(), 'lockstep-'));
  const [DATA_DIR, TMPDIR] = [join(base, 'data'), join(base, 'tmp')];
  mkdirSync(TMPDIR);
  const environment = { DATA_DIR, TMPDIR, PORT: String(await freePort()) };
  const demo = ServiceProcess.launch(environment, DEMO);
  expect({ code: await demo.end(), stderr: demo.stderr }).toEqual({ code: 0, stderr: '' });
  for (const ending of [
    'pending → locked → cancelled',
    'requested → accepted',
    'requested → rejected',
    'requested → timed_out → accepted',
  ]) {
    expect(demo.stdout).toContain(ending);
  }
  expect(demo.stdout).not.toMatch(/lk_[0-9a-f]{16}_|0x[0-9a-f]{64}/); // keys, hashes and signatures are cut
  expect([readdirSync(base), readdirSync(TMPDIR)]).toEqual([['tmp'], []]);
  expect(execFileSync('ps', ['-eo', 'args']).toString()).not.toContain(base);
  rmSync(base, { recursive: true });
}, 120_000);

test('--help tells what it does, and starts nothing', async () => {
  const demo = ServiceProcess.launch({}, [...DEMO, '--help']);
  expect({ code: await demo.end(), stderr: demo.stderr }).toEqual({ code: 0, stderr: '' });
  expect(demo.stdout).toMatch(/^Usage: demo [\s\S]*three endings/);
  expect(demo.stdout).not.toContain('THE STAGE');
});

test.each<[title: string, environment: NodeJS.ProcessEnv, args: string[], words: string]>([
  ['in production', { NODE_ENV: 'production' }, [], 'it does not play where NODE_ENV is production'],
  ['with an argument that it does not know', {}, ['--loud'], "unknown option '--loud'"],
  ['with a file as DATA_DIR', { DATA_DIR: 'package.json' }, [], 'DATA_DIR must be a folder, not a file'],
])('it does not play %s', async (_, environment, args, words) => {
  const demo = ServiceProcess.launch(environment, [...DEMO, ...args]);
  expect(await demo.end()).toBe(1);
  expect(demo.stdout).toBe('');
  expect(demo.stderr.trim()).not.toContain('\n');
  expect(demo.stderr).toContain(words);
});
