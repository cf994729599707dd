import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { lockstep, RunningCommand } from './support/command-line.js';
import { type Bot, isOfScenario, newBot, RunningSandbox, YES } from './support/sandbox.js';
import { START_PATIENCE_MS } from './support/service-process.js';
import { type Trouble, TroubledProxy } from './support/troubled-proxy.js';

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

const args = (name: string, taker = bot.taker.address, url = sandbox.url) => [
  'trigger',
  name,
  '--taker',
  taker,
  '--url',
  url,
];

test('a scenario is started, its steps are shown as they come, and its end is waited for', async () => {
  const { code, stdout, stderr } = await lockstep(args('cancel-before-trade'));
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: `lockstep: cancel-before-trade is played towards ${bot.taker.address}\nlockstep: cancel-before-trade completed\n`,
  });
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
  expect(running.stderr).toMatch(/\nlockstep: cancel-while-trading goes on\n$/);
});

describe('through a network with troubles', () => {
  let proxy: TroubledProxy;
  beforeEach(async () => {
    proxy = await TroubledProxy.before(sandbox.url);
  });
  afterEach(() => proxy.stop());

  const call = /^GET \/sandbox\/scenarios\//;
  const refusal = (status: number, code: number, message: string): Trouble => ({
    status,
    body: JSON.stringify({ code, message, details: 'as the test wants it' }),
  });

  test('it asks again while the service is busy or away', async () => {
    const troubles = [refusal(503, 503001, 'Service unavailable'), refusal(429, 429001, 'Too many requests')];
    for (const trouble of [...troubles, 'cut'] as const) proxy.elsewhere.push({ call, trouble });
    const { code, stdout, stderr } = await lockstep(args('cancel-before-trade', undefined, proxy.url));
    expect(proxy.elsewhere).toEqual([]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('locked to cancelled') });
    const reasons = [...stderr.matchAll(/^lockstep: asking again: (.*)$/gm)].map(([, reason]) => reason);
    expect(reasons).toEqual([
      expect.stringContaining('Service unavailable'),
      expect.stringContaining('Too many requests'),
      expect.stringContaining('the connection was cut'),
    ]);
  });

  test('a scenario that the service has forgotten ends it', async () => {
    proxy.elsewhere.push({ call, trouble: refusal(404, 404002, 'Scenario not found') });
    const { code, stderr } = await lockstep(args('cancel-before-trade', undefined, proxy.url));
    expect(code).toBe(1);
    expect(stderr).toMatch(/\nlockstep: Scenario not found \(404002\): .*\n$/);
  });

  test('Ctrl-C ends it also while it waits to ask again', async () => {
    const busy = refusal(503, 503001, 'Service unavailable') as Exclude<Trouble, 'cut'>;
    proxy.elsewhere.push({ call, trouble: { ...busy, headers: { 'retry-after': '60' } } });
    const running = new RunningCommand(args('cancel-before-trade', undefined, proxy.url));
    await running.hear('asking again');
    expect(await running.interrupt()).toBe(0);
    expect(running.stderr).toMatch(/\nlockstep: cancel-before-trade goes on\n$/);
  });
});

test('an unknown one is refused with the names that there are', async () => {
  const { code, stderr } = await lockstep(args('nonsense'));
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^lockstep: Invalid parameter \(400001\): name must be one of cancel-before-trade, .*\n$/,
  );
});
