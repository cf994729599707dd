import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { lockstep, RunningCommand } from './support/command-line.js';
import { type Bot, isOfScenario, newBot, RunningSandbox, YES } from './support/sandbox.js';
import { START_PATIENCE_MS } from './support/service-process.js';

/** `lockstep trigger` towards a bot that locks what comes and gives up what it is asked for, in a real sandbox. */
let sandbox: RunningSandbox;
let bot: Bot;
beforeAll(async () => {
  sandbox = await RunningSandbox.start();
  bot = await newBot(sandbox.service, { wants: isOfScenario, decide: () => YES });
}, START_PATIENCE_MS);
afterAll(async () => {
  await bot.session.close();
  await sandbox.stop();
});

const args = (name: string, taker = bot.taker.address) => [
  'trigger',
  name,
  '--taker',
  taker,
  '--url',
  sandbox.url,
];

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
