import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '#database';
import { call } from '../support/http.js';
import { ExternalService } from '../support/external-service.js';
import { endOf, isOfScenario, newBot, startScenario, YES } from '../support/sandbox.js';
import { START_PATIENCE_MS, ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';

/** The sandbox as a process of its own, beside a service that is none. */
const SANDBOX = 'dist/apps/sandbox/src/main.js';

let service: ExternalService;
let instance: ServiceProcess;
beforeAll(async () => {
  service = await ExternalService.prepare();
  instance = await service.start();
}, START_PATIENCE_MS);
afterAll(async () => {
  expect([await instance.stop(), instance.stderr]).toEqual([0, '']);
  await service.drop();
});

const launch = (environment: NodeJS.ProcessEnv, ...args: string[]) =>
  ServiceProcess.launch(environment, [process.execPath, SANDBOX, ...args]);

test('it plays through the API of a service', async () => {
  const taker = await service.newTaker();
  const port = String(await freePort());
  const bot = await newBot(service, { wants: isOfScenario, decide: () => YES });
  const sandbox = launch(
    { SANDBOX_API_KEY: taker.apiKey, SANDBOX_TAKER_ADDRESS: taker.address, SANDBOX_STEP_MS: '200' },
    '--url',
    service.url,
    '--port',
    port,
    '--taker',
    bot.taker.address,
  );
  await until(() => sandbox.stdout.includes('plays against'), 'it to start', START_PATIENCE_MS);
  const url = `http://127.0.0.1:${port}`;
  const { body } = await startScenario(url, { name: 'cancel-before-trade' });
  expect((await endOf(url, body.data.id)).status).toBe('completed');
  expect(await startScenario(url, { name: 'panic' })).toMatchObject({
    status: 400,
    body: { code: 400001, details: expect.stringContaining('name must be one of') },
  });
  expect(await startScenario(url, { name: 'suspend-and-resume' })).toMatchObject({
    status: 400,
    body: { code: 400001, details: expect.stringContaining("no operator's access") },
  });
  expect(await call('GET', `${url}/nothing`)).toMatchObject({ status: 404, body: { code: 404000 } });
  await bot.session.close();
  expect([await sandbox.stop(), sandbox.stderr]).toEqual([0, '']);
});

test.each<[string, NodeJS.ProcessEnv, string[], string]>([
  ['no URL', {}, [], "required option '--url <url>' not specified"],
  ['no key', {}, ['--url', 'http://127.0.0.1:1'], 'SANDBOX_API_KEY and SANDBOX_TAKER_ADDRESS must be set'],
  [
    'production',
    { NODE_ENV: 'production' },
    ['--url', 'http://127.0.0.1:1'],
    'SANDBOX must be off when NODE_ENV is production',
  ],
  [
    'no service',
    { SANDBOX_API_KEY: 'k', SANDBOX_TAKER_ADDRESS: `0x${'7a'.repeat(20)}` },
    ['--url', 'http://127.0.0.1:1'],
    'cannot play against http://127.0.0.1:1: ',
  ],
])('it does not start with %s', async (_, environment, args, line) => {
  const sandbox = launch(environment, ...args);
  expect(await sandbox.end()).toBe(1);
  expect(sandbox.stderr).toContain(line);
  expect(sandbox.stderr.trim()).not.toContain('\n');
});
