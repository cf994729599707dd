import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freePort } from '#database';
import { call } from '../support/http.js';
import { startScenario } from '../support/sandbox.js';
import { START_PATIENCE_MS, ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';

/** The sandbox of `npm start` on its embedded database. */
let folder: string;
let embedded: ServiceProcess;
let port: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
  port = await freePort();
  embedded = await ServiceProcess.start({ DATA_DIR: folder, PORT: String(port), SANDBOX: '' });
}, START_PATIENCE_MS);
afterEach(async () => {
  await embedded.stop();
  rmSync(folder, { recursive: true });
});

test(
  'it is there unless told otherwise, tries the demo taker, keeps its key, and stops in time though it is busy',
  async () => {
    const url = `http://127.0.0.1:${port}`;
    await until(() => embedded.stdout.includes('npm run demo'), 'the welcome');
    expect(embedded.stdout).toMatch(/Sandbox +on: /);
    const key = /API key +(\S+)/.exec(embedded.stdout)![1]!;
    await until(
      async () => (await startScenario(url, { name: 'cancel-before-trade' })).status === 202,
      'the sandbox to open, just behind the service',
    );
    const orders = async () =>
      (await call('GET', `${url}/api/v1/orders/available`, { headers: { 'x-api-key': key } })).body.data;
    await until(async () => (await orders()).length >= 2, "a simulated maker's order and the scenario's");
    expect(statSync(join(folder, 'sandbox-access.json')).mode & 0o077).toBe(0);
    for (const name of ['burst', 'burst', 'ask-again']) {
      expect((await startScenario(url, { name })).status).toBe(202);
    }
    await until(async () => (await orders()).length >= 50, 'most orders of the bursts');
    // the exit code says that it was not cut off
    expect([await embedded.stop(), embedded.stderr]).toEqual([0, '']);
  },
  2 * START_PATIENCE_MS,
);
