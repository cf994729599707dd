import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { ExternalService } from '../support/external-service.js';
import {
  isOfScenario,
  newBot,
  SANDBOX_SETTINGS,
  sandboxOpens,
  scenarioOf,
  startScenario,
} from '../support/sandbox.js';
import { START_PATIENCE_MS, type ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';

/** How a service's sandbox stops, starts again, and fails to start. */
const SETTINGS = {
  ...SANDBOX_SETTINGS,
  CANCELLATION_TIMEOUT_SECONDS: '600',
  SANDBOX_ORDERS_PER_MINUTE: '60',
};

let folder: string;
let file: string;
let service: ExternalService;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
  file = join(folder, 'sandbox-access.json');
  writeFileSync(file, '{}');
  service = await ExternalService.prepare();
});
afterAll(async () => {
  await service.drop();
  rmSync(folder, { recursive: true });
});

let instance: ServiceProcess;
afterEach(() => instance.stop());

async function start(): Promise<void> {
  instance = await service.start({ ...SETTINGS, DATA_DIR: folder });
}

async function stop(): Promise<void> {
  expect([await instance.stop(), instance.stderr]).toEqual([0, '']);
}

/** Shows that the simulated taker is there. */
async function expectFilled(): Promise<void> {
  const maker = await service.newMaker();
  const { order_hash } = await maker.place({ quantity: '6' });
  await until(async () => (await maker.order(order_hash)).status === 'filled', 'the order to be filled');
}

test(
  'a kept key that is damaged is made anew; a stop in the middle of plays ends in time, and leaves no order behind that nobody asks for',
  async () => {
    await start();
    await sandboxOpens(service.url);
    await expectFilled();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      taker_address: expect.stringMatching(/^0x[0-9a-f]{40}$/),
      api_key: expect.any(String),
      api_secret: expect.any(String),
    });
    expect(statSync(file).mode & 0o077).toBe(0);
    let locked = 0;
    const bot = await newBot(service, {
      wants: (change) => isOfScenario(change) && locked++ < 10,
      decide: () => new Promise<never>(() => {}),
    });
    const taker_address = bot.taker.address;
    const { body } = await startScenario(service.url, { name: 'burst', taker_address });
    const { body: other } = await startScenario(service.url, { name: 'cancel-before-trade', taker_address });
    const steps = async () =>
      (await Promise.all([body, other].map(({ data }) => scenarioOf(service.url, data.id)))).flatMap(
        (scenario) => scenario.steps,
      );
    const count = async (words: RegExp) => (await steps()).filter(({ text }) => words.test(text)).length;
    await until(async () => (await count(/^The maker places/)) === 51, 'all orders to be placed');
    await until(async () => (await count(/to locked by/)) === 10, 'some of them to be locked');
    const hashes = [...new Set((await steps()).flatMap(({ order_hash }) => order_hash ?? []))];
    await stop();
    const left = await service.dataSource.query<object[]>(
      `SELECT o.status, c.status AS request, count(*)::int FROM orders o
       LEFT JOIN cancellation_requests c ON c.order_id = o.id WHERE o.order_hash = ANY($1)
       GROUP BY o.status, c.status ORDER BY o.status`,
      [hashes],
    );
    expect(left).toEqual([
      { status: 'cancelled', request: null, count: 41 },
      { status: 'locked', request: 'requested', count: 10 },
    ]);
    void bot.session.close();
  },
  3 * START_PATIENCE_MS,
);

test(
  'started again, it plays with the key that it has kept',
  async () => {
    const kept = readFileSync(file, 'utf8');
    await start();
    await sandboxOpens(service.url);
    await expectFilled();
    expect(readFileSync(file, 'utf8')).toBe(kept);
    await stop();
  },
  2 * START_PATIENCE_MS,
);

test(
  'one that cannot start says why, and the service serves without it',
  async () => {
    rmSync(file);
    mkdirSync(file);
    await start();
    await until(() => instance.stdout.includes('the sandbox stays closed: EISDIR'), 'the reason');
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    expect(await startScenario(service.url, { name: 'burst' })).toMatchObject({
      status: 503,
      body: { code: 503001, details: expect.stringContaining('its log tells why') },
    });
    await service.newMaker();
    await stop();
  },
  2 * START_PATIENCE_MS,
);
