import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Session } from '#client';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import type { TakerClient } from './support/clients.js';
import { lockstep, RunningCommand } from './support/command-line.js';
import { ExternalService } from './support/external-service.js';
import { call } from './support/http.js';
import { START_PATIENCE_MS, type ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';

/** `lockstep trigger` towards a bot that locks what comes and gives up what it is asked for, in a real sandbox. */
const SETTINGS = { SANDBOX: 'on', SANDBOX_STEP_MS: '200', SANDBOX_ORDERS_PER_MINUTE: '1', WORKER: 'inline' };

let dataDir: string;
let service: ExternalService;
let instance: ServiceProcess;
let bot: TakerClient;
let session: Session;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'lockstep-'));
  service = await ExternalService.prepare();
  instance = await service.start({ ...SETTINGS, DATA_DIR: dataDir });
  bot = await service.newTaker();
  const taker = bot.library();
  session = await taker.listen({
    onOrderStatusChange: async ({ order_hash, to_status }) => {
      if (to_status === 'pending') await taker.lock({ order_hash });
    },
    onCancellationRequest: () => ({ cancel: true, message: 'Not traded yet' }),
  });
  const { url } = service;
  await until(
    async () => (await call('POST', `${url}/sandbox/scenarios`, { json: { name: 'none' } })).status !== 503,
    'the sandbox to start',
  );
}, START_PATIENCE_MS);
afterAll(async () => {
  await session.close();
  expect(await instance.stop()).toBe(0);
  await service.drop();
  rmSync(dataDir, { recursive: true });
});

const args = (name: string, taker = bot.address) => ['trigger', name, '--taker', taker, '--url', service.url];

test('a scenario is started, its steps are shown as they come, and its end is waited for', async () => {
  const { code, stdout, stderr } = await lockstep(args('cancel-before-trade'));
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'lockstep: cancel-before-trade completed\n' });
  const lines = stdout.trimEnd().split('\n');
  for (const line of lines) expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3}Z  .+  0x[0-9a-f]{64}$/);
  expect(lines.at(-1)).toContain('The order went from locked to cancelled');
});

test('a failed one is exit code 1, and --json prints the whole scenario once', async () => {
  const stranger = privateKeyToAddress(generatePrivateKey()).toLowerCase();
  const { code, stdout } = await lockstep([...args('cancel-before-trade', stranger), '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ name: 'cancel-before-trade', status: 'failed' });
});

test('Ctrl-C leaves it to itself', async () => {
  const running = new RunningCommand(args('cancel-while-trading'));
  await running.hear('pending to locked');
  expect(await running.interrupt()).toBe(0);
  expect(running.stderr).toBe('lockstep: cancel-while-trading goes on\n');
});

test('an unknown one is refused with the names that there are', async () => {
  const { code, stderr } = await lockstep(args('nonsense'));
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^lockstep: Invalid parameter \(400001\): name must be one of cancel-before-trade, .*\n$/,
  );
});
