import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { freePort } from '#database';
import { ServiceProcess } from './support/service-process.js';

/** `npm run demo` as a newcomer runs it: nothing is there yet, and nothing is left afterwards. */
test('the demo plays both outcomes on a service of its own, and cleans up', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'lockstep-'));
  const environment = { DATA_DIR: dataDir, PORT: String(await freePort()) };
  const demo = ServiceProcess.launch(environment, [process.execPath, 'dist/apps/demo/src/main.js']);
  expect({ code: await demo.end(), stderr: demo.stderr }).toEqual({ code: 0, stderr: '' });
  for (const ending of ['pending → locked → cancelled', 'requested → accepted', 'requested → rejected']) {
    expect(demo.stdout).toContain(ending);
  }
  expect(demo.stdout).not.toMatch(/lk_[0-9a-f]{16}_|0x[0-9a-f]{64}/); // keys, hashes and signatures are cut
  expect(execFileSync('ps', ['-eo', 'args']).toString()).not.toContain(dataDir);
  rmSync(dataDir, { recursive: true });
}, 60_000);
