import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { freePort } from '#database';
import { address, port, serviceUrl } from '../../apps/sandbox/src/arguments.js';
import { lockstep } from '../support/command-line.js';
import { call } from '../support/http.js';
import { ExternalService } from '../support/external-service.js';
import {
  type Bot,
  endOf,
  isOfScenario,
  launchSandbox,
  newBot,
  startScenario,
  YES,
} from '../support/sandbox.js';
import { START_PATIENCE_MS, ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';

/** The sandbox as a process of its own, beside a service that is none. */
jest.setTimeout(2 * START_PATIENCE_MS);

let service: ExternalService;
let instance: ServiceProcess;
beforeAll(async () => {
  service = await ExternalService.prepare();
  instance = await service.start();
}, 2 * START_PATIENCE_MS);
afterAll(async () => {
  expect([await instance.stop(), instance.stderr]).toEqual([0, '']);
  await service.drop();
});

test('where there is no sandbox, "lockstep trigger" says how to have one', async () => {
  const { code, stderr } = await lockstep(['trigger', 'burst', '--url', service.url]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^lockstep: there is no sandbox there: start the service with SANDBOX=on, or .*\n$/);
});

test('a service that is no sandbox has none of its calls, and documents none', async () => {
  for (const [method, path] of [
    ['POST', ''],
    ['GET', ''],
    ['GET', '/8b9ad3ad-4d0c-4f3e-9a26-5b1f1b5a9c11'],
  ]) {
    const answer = await fetch(`${service.url}/sandbox/scenarios${path}`, { method: method! });
    expect([answer.status, await answer.json()]).toMatchObject([404, { code: 404000 }]);
  }
  const { paths, components } = (await (await fetch(`${service.url}/openapi.json`)).json()) as Record<
    string,
    Record<string, object>
  >;
  expect(Object.keys(paths!).filter((path) => path.includes('sandbox'))).toEqual([]);
  expect(Object.keys(components!.schemas!).filter((name) => name.includes('Scenario'))).toEqual([]);
  expect((await call('GET', `${service.url}/api/v1/config`)).body.data.sandbox).toBe(false);
});

describe('beside a service', () => {
  let sandbox: ServiceProcess;
  let bot: Bot;
  let url: string;
  beforeAll(async () => {
    bot = await newBot(service, { wants: isOfScenario, decide: () => YES });
    const taker = await service.newTaker();
    const ownPort = String(await freePort());
    url = `http://127.0.0.1:${ownPort}`;
    sandbox = launchSandbox(
      { SANDBOX_API_KEY: taker.apiKey, SANDBOX_TAKER_ADDRESS: taker.address, SANDBOX_STEP_MS: '200' },
      '--url',
      service.url,
      '--port',
      ownPort,
      '--taker',
      bot.taker.address,
    );
    await until(() => sandbox.stdout.includes('plays against'), 'it to start', START_PATIENCE_MS);
  });
  afterAll(async () => {
    await bot.session.close();
    expect([await sandbox.stop(), sandbox.stderr]).toEqual([0, '']);
  });

  test('it plays through the API of a service, towards its --taker', async () => {
    const { body } = await startScenario(url, { name: 'cancel-before-trade' });
    expect(body.data.taker_address).toBe(bot.taker.address);
    expect((await endOf(url, body.data.id)).status).toBe('completed');
  });

  test('it refuses what it cannot do in the envelope', async () => {
    expect(await startScenario(url, { name: 'panic' })).toMatchObject({
      status: 400,
      body: { code: 400001, details: expect.stringContaining('name must be one of') },
    });
    expect(await startScenario(url, { name: 'suspend-and-resume' })).toMatchObject({
      status: 400,
      body: { code: 400001, details: expect.stringContaining("no operator's access") },
    });
    const headers = { 'content-type': 'application/json' };
    const malformed = await fetch(`${url}/sandbox/scenarios`, { method: 'POST', headers, body: '{' });
    expect([malformed.status, await malformed.json()]).toMatchObject([
      400,
      { code: 400001, message: expect.any(String), details: expect.stringContaining('JSON') },
    ]);
    expect(await call('GET', `${url}/nothing`)).toMatchObject({ status: 404, body: { code: 404000 } });
  });
});

test.each<[(text: string) => unknown, string, string]>([
  [
    serviceUrl,
    'ws://127.0.0.1:3000',
    'It must be an http:// or https:// URL without a user, query and fragment',
  ],
  [serviceUrl, '127.0.0.1:3000', 'It must be an http:// or https:// URL'],
  [serviceUrl, 'http://127.0.0.1:3000/?x=1', 'It must be an http:// or https:// URL'],
  [serviceUrl, 'http://me@127.0.0.1:3000', 'It must be an http:// or https:// URL'],
  [port, '-1', 'It must be a TCP port from 0 to 65535.'],
  [port, '3100 ', 'It must be a TCP port from 0 to 65535.'],
  [address, '0x12', 'It must be 0x and 40 hex digits.'],
])('an argument is refused: %p of %s', (read, text, rule) => {
  expect(() => read(text)).toThrow(rule);
});

describe('it does not start, and says why in one line, with', () => {
  const NOBODY = 'http://127.0.0.1:1';
  let sandbox: ServiceProcess | undefined;
  afterEach(() => sandbox?.stop());
  const ACCESS = { SANDBOX_API_KEY: 'k', SANDBOX_TAKER_ADDRESS: `0x${'7a'.repeat(20)}` };

  async function expectRefused(environment: NodeJS.ProcessEnv, args: string[], line: string): Promise<void> {
    sandbox = launchSandbox(environment, ...args);
    expect(await sandbox.end()).toBe(1);
    expect(sandbox.stderr).toContain(line);
    expect(sandbox.stderr.trim()).not.toContain('\n');
  }

  test.each<[string, NodeJS.ProcessEnv, string[], string]>([
    ['no URL', {}, [], "required option '--url <url>' not specified"],
    [
      'a port that is none',
      ACCESS,
      ['--url', NOBODY, '--port', '65536'],
      "option '--port <port>' argument '65536' is invalid. It must be a TCP port from 0 to 65535.",
    ],
    ['no key', {}, ['--url', NOBODY], 'SANDBOX_API_KEY and SANDBOX_TAKER_ADDRESS must be set'],
    [
      'production',
      { NODE_ENV: 'production' },
      ['--url', NOBODY],
      'SANDBOX must be off when NODE_ENV is production',
    ],
    ['no service', ACCESS, ['--url', NOBODY], `cannot play against ${NOBODY}: `],
  ])('%s', async (_, environment, args, line) => {
    await expectRefused(environment, args, line);
  });

  test('a key that the service does not know', async () => {
    await expectRefused(
      ACCESS,
      ['--url', service.url],
      `cannot play against ${service.url}: API key not found`,
    );
  });

  test('a port that is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port: taken } = other.address() as AddressInfo;
    const taker = await service.newTaker();
    try {
      await expectRefused(
        {
          SANDBOX_API_KEY: taker.apiKey,
          SANDBOX_TAKER_ADDRESS: taker.address,
          SANDBOX_ORDERS_PER_MINUTE: '0',
        },
        ['--url', service.url, '--port', String(taken)],
        `cannot listen on --port ${taken} of HOST: listen EADDRINUSE`,
      );
    } finally {
      other.close();
    }
  });
});
