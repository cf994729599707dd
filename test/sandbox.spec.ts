import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type OrderStatusChange, type Session, type TakerListeners, termsOf } from '#client';
import { freePort } from '#database';
import { privateKeyToAddress } from 'viem/accounts';
import type { MakerClient, TakerClient } from './support/clients.js';
import { makeDue } from './support/database.js';
import { ExternalService } from './support/external-service.js';
import { succeeded } from './support/handshake.js';
import { call } from './support/http.js';
import { expectInvariants } from './support/invariants.js';
import { START_PATIENCE_MS, ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';

/** The sandbox as developers of makers and takers meet it: inline, with real sockets, at a quick pace. */
const SETTINGS = {
  SANDBOX: 'on',
  SANDBOX_STEP_MS: '200',
  SANDBOX_ORDERS_PER_MINUTE: '600',
  SANDBOX_TICKERS: 'BRK.B,M&M',
  CANCELLATION_TIMEOUT_SECONDS: '2',
  WORKER: 'inline',
};
const KNOWN_MAKERS = new Set(
  ['a1', 'a2', 'a3'].map((byte) => privateKeyToAddress(`0x${byte.repeat(32)}`).toLowerCase()),
);
const MAX_OPEN_ORDERS = 3 * 7;
const PATIENCE_MS = 60_000;

let dataDir: string;
let service: ExternalService;
let instance: ServiceProcess;
let maker: MakerClient;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'lockstep-'));
  service = await ExternalService.prepare();
  instance = await service.start({ ...SETTINGS, DATA_DIR: dataDir });
  maker = await service.newMaker();
  await until(async () => (await start({ name: 'burst' })).status !== 503, 'the sandbox to start');
}, START_PATIENCE_MS);
afterAll(async () => {
  await expectInvariants(service.dataSource);
  expect(await instance.stop()).toBe(0);
  expect(instance.stderr).toBe('');
  await service.drop();
  rmSync(dataDir, { recursive: true });
});

const start = (json: unknown, url = service.url) => call('POST', `${url}/sandbox/scenarios`, { json });
const becomes = (hash: string, status: string, who = maker) =>
  until(async () => (await who.order(hash)).status === status, `the order to be ${status}`);

describe("a maker's order becomes what its quantity says", () => {
  const ask = async (hash: string): Promise<void> => {
    await becomes(hash, 'locked');
    succeeded(await maker.cancel(hash), 202);
  };
  const recorded = async (hash: string) => (await maker.order(hash)).cancellation;

  test('1, and what is no digit with zeros, stays pending', async () => {
    const left = [await maker.place({ quantity: '10' }), await maker.place({ quantity: '61' })];
    const { order_hash } = await maker.place({ quantity: '60' });
    await becomes(order_hash, 'filled');
    for (const order of left)
      expect(await maker.order(order.order_hash)).toMatchObject({ status: 'pending' });
  });

  test('2 is partly filled', async () => {
    const { order_hash } = await maker.place({ quantity: '20' });
    await becomes(order_hash, 'partially_filled');
    expect(await maker.order(order_hash)).toMatchObject({ filled_quantity: '10' });
  });

  test('3 is rejected', async () => {
    const { order_hash } = await maker.place({ quantity: '300' });
    await becomes(order_hash, 'rejected');
  });

  test('4 is partly filled after a request to cancel', async () => {
    const { order_hash } = await maker.place({ quantity: '4' });
    await ask(order_hash);
    await becomes(order_hash, 'partially_filled');
    expect(await recorded(order_hash)).toMatchObject({ status: 'rejected', resolved_by: 'fill' });
  });

  test('5 is cancelled', async () => {
    const { order_hash } = await maker.place({ quantity: '5' });
    await ask(order_hash);
    await becomes(order_hash, 'cancelled');
  });

  test('6 is filled', async () => {
    const { order_hash } = await maker.place({ quantity: '6' });
    await becomes(order_hash, 'filled');
  });

  test.each([
    ['7 accepts', '7', { resolved_by: 'answer', late: false }],
    ['70 accepts at once', '70', { resolved_by: 'answer', late: false }],
    ['700 accepts late', '700', { resolved_by: 'answer', late: true }],
    ['7000 accepts by unlocking first', '7000', { resolved_by: 'unlock', late: false }],
  ])('%s', async (_, quantity, how) => {
    const { order_hash } = await maker.place({ quantity });
    await ask(order_hash);
    await becomes(order_hash, 'cancelled');
    expect(await recorded(order_hash)).toMatchObject({ status: 'accepted', ...how });
  });

  test("70000 accepts by its lock's end", async () => {
    const { order_hash } = await maker.place({ quantity: '70000' });
    await ask(order_hash);
    const { lock_expires_at } = await maker.order(order_hash);
    expect(Date.parse(lock_expires_at) - Date.now()).toBeLessThan(12_000);
    await makeDue(service.dataSource, order_hash, 'lock');
    await becomes(order_hash, 'cancelled');
    expect(await recorded(order_hash)).toMatchObject({ status: 'accepted', resolved_by: 'lock_expiry' });
  });

  test('8 refuses, then fills', async () => {
    const { order_hash } = await maker.place({ quantity: '80' });
    await ask(order_hash);
    await becomes(order_hash, 'filled');
    expect(await recorded(order_hash)).toMatchObject({ status: 'rejected', resolved_by: 'answer' });
  });

  test('9 stays silent', async () => {
    const { order_hash } = await maker.place({ quantity: '90' });
    await ask(order_hash);
    await until(async () => (await recorded(order_hash)).status === 'timed_out', 'the time-out');
    expect(await maker.order(order_hash)).toMatchObject({ status: 'locked' });
  });
});

interface Scenario {
  name: string;
  status: string;
  started_at: string;
  ended_at: string | null;
  steps: { text: string; order_hash: string | null }[];
}

/** A taker's bot, and all that it was asked. */
interface Bot {
  taker: TakerClient;
  asked: string[];
  session: Session;
}

async function newBot(
  wants: (change: OrderStatusChange) => boolean,
  decide: TakerListeners['onCancellationRequest'],
  onLocked: (hash: string, taker: TakerClient) => unknown = () => {},
): Promise<Bot> {
  const taker = await service.newTaker();
  const library = taker.library();
  const asked: string[] = [];
  const session = await library.listen({
    onOrderStatusChange: async (change) => {
      if (change.from_status !== null || !wants(change)) return;
      await library.lock({ order_hash: change.order_hash });
      await onLocked(change.order_hash, taker);
    },
    onCancellationRequest: (request) => {
      asked.push(request.order_hash);
      return decide(request);
    },
    onAnswerRefused: () => {}, // it had filled
    onProblem: () => {},
  });
  return { taker, asked, session };
}

describe('simulated makers', () => {
  test(
    'place orders up to a bound, ask for some of them back, and again after a time-out',
    async () => {
      const reader = (await service.newTaker()).library();
      const book = async () =>
        (await reader.availableOrders()).filter((order) => KNOWN_MAKERS.has(order.maker));
      await until(async () => (await book()).length === MAX_OPEN_ORDERS, 'the book to be full', PATIENCE_MS);
      const orders = await book();
      expect(new Set(orders.map(({ ticker }) => ticker))).toEqual(new Set(['BRK.B', 'M&M']));
      expect(orders.filter(({ quantity }) => /^\d0*$/.test(quantity))).toEqual([]);

      let verdict: (value: { cancel: boolean; message: string }) => void;
      const silence = new Promise<{ cancel: boolean; message: string }>((resolve) => (verdict = resolve));
      const bot = await newBot(
        () => false,
        () => silence,
      );
      const { order_hash } = orders[0]!;
      succeeded(await bot.taker.lock(order_hash), 200);
      const requests = async () => (await bot.taker.library().history(order_hash)).events;
      const times = async () =>
        (await requests()).filter(({ type }) => type === 'cancellation_request').length;
      await until(async () => (await times()) === 2, 'the second request', PATIENCE_MS);
      expect(bot.asked).toEqual([order_hash]);
      verdict!({ cancel: true, message: 'Not traded yet' });
      await until(
        async () => (await bot.taker.library().order(order_hash)).status === 'cancelled',
        'the answer',
      );
      await until(async () => (await book()).length === MAX_OPEN_ORDERS, 'the next order', PATIENCE_MS);
      await bot.session.close();
    },
    2 * PATIENCE_MS,
  );
});

describe('scenarios', () => {
  const YES = { cancel: true, message: 'Not traded yet' };
  const NO = { cancel: false, message: 'Already trading' };
  const isOfScenario = ({ maker: wallet }: OrderStatusChange): boolean =>
    !KNOWN_MAKERS.has(wallet) && wallet !== maker.address;

  /** Plays a scenario with a bot to its end. */
  async function play(
    name: string,
    decide: TakerListeners['onCancellationRequest'],
    onLocked?: (hash: string, taker: TakerClient) => unknown,
  ) {
    const bot = await newBot(isOfScenario, decide, onLocked);
    const started = await start({ name, taker_address: bot.taker.address });
    expect(started).toMatchObject({
      status: 202,
      body: { code: 0, data: { name, status: 'running', ended_at: null, steps: expect.any(Array) } },
    });
    const { id } = started.body.data;
    const look = async () => (await call('GET', `${service.url}/sandbox/scenarios/${id}`)).body.data;
    await until(async () => (await look()).status !== 'running', 'the end', PATIENCE_MS);
    void bot.session.close(); // one that is silent has 10 s for its answer
    const scenario = (await look()) as Scenario;
    const texts = scenario.steps.map(({ text }) => text);
    expect(scenario.steps[0]).toEqual({
      at: expect.stringMatching(/Z$/),
      text: expect.stringMatching(/^The maker places an order: (buy|sell) \d+ (BRK\.B|M&M)$/),
      order_hash: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    });
    return { ...scenario, texts, bot };
  }
  const silent = () => new Promise<never>(() => {});
  const fillAfter = (ms: number) => async (hash: string, taker: TakerClient) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    const order = await taker.library().order(hash);
    await taker.fill({ ...termsOf(order), signature: order.signature });
  };

  test('cancel-before-trade', async () => {
    const { status, texts, ended_at } = await play('cancel-before-trade', () => YES);
    expect(status).toBe('completed');
    expect(ended_at).toMatch(/Z$/);
    expect(texts).toContain('The maker asks to cancel');
    expect(texts).toContain('The request was accepted: “Not traded yet”');
  });

  test('cancel-while-trading', async () => {
    const { status, texts } = await play('cancel-while-trading', () => NO);
    expect(status).toBe('completed');
    expect(texts.at(-1)).toBe('The request was rejected: “Already trading”');
  });

  test('cancel-then-silence: an answer after the time-out', async () => {
    let asked = 0;
    const { status, texts, bot } = await play('cancel-then-silence', async () => {
      asked = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      return YES;
    });
    expect([status, bot.asked.length]).toEqual(['completed', 1]);
    expect(performance.now() - asked).toBeGreaterThan(2_000);
    expect(texts).toContain('Nobody answered in time: the order stays locked');
    expect(texts).toContain('The request was accepted: late, “Not traded yet”');
  });

  test('ask-again: a second request after a refusal', async () => {
    const answers = [NO, YES];
    const { status, texts, bot } = await play('ask-again', () => answers.shift()!);
    expect([status, bot.asked.length]).toEqual(['completed', 2]);
    expect(texts.filter((text) => text === 'The maker asks to cancel')).toHaveLength(2);
  });

  test('burst', async () => {
    const { status, texts, bot } = await play('burst', () => YES);
    expect(texts).toContain('Of 50 requests: 50 accepted');
    expect([status, new Set(bot.asked).size]).toEqual(['completed', 50]);
  });

  test('fill-races-cancel', async () => {
    const { status, texts } = await play('fill-races-cancel', () => NO, fillAfter(700));
    expect(status).toBe('completed');
    expect(texts.at(-1)).toMatch(/^Of 5 races: /);
    expect(texts.filter((text) => text === 'The order went from locked to filled')).toHaveLength(6);
  });

  test('suspend-and-resume', async () => {
    const { status, texts } = await play('suspend-and-resume', () => YES);
    expect(status).toBe('completed');
    const courses = texts.filter((text) => text.startsWith('The order went'));
    expect(courses.slice(1)).toEqual([
      'The order went from locked to suspended',
      'The order went from suspended to locked',
      'The order went from locked to cancelled',
    ]);
  });

  test('one whose bot does not answer has failed, and says why', async () => {
    const { status, texts } = await play('cancel-before-trade', silent);
    expect(status).toBe('failed');
    expect(texts.at(-1)).toBe('It ended here: the bot did not answer in time');
  });

  test('those whose order nobody locks have failed, and their orders are taken back; ten can run', async () => {
    const nobody = { name: 'ask-again', taker_address: `0x${'7A'.repeat(20)}` };
    const running = await Promise.all(Array.from({ length: 10 }, () => start(nobody)));
    expect(running.map(({ status }) => status)).toEqual(Array(10).fill(202));
    const refused = await start(nobody);
    expect(refused).toMatchObject({ status: 429, body: { code: 429001, message: 'Too many requests' } });
    expect(refused.headers.get('retry-after')).toBe('1');

    const look = async () => {
      const { body } = await call('GET', `${service.url}/sandbox/scenarios`);
      return (body.data.scenarios as Scenario[]).slice(0, 10);
    };
    await until(
      async () => (await look()).every(({ status }) => status === 'failed'),
      'the end',
      PATIENCE_MS,
    );
    const scenarios = await look();
    for (const { steps } of scenarios)
      expect(steps.at(-1)!.text).toBe('It ended here: waited 12 s in vain for the bot to lock it');
    const book = await (await service.newTaker()).library().availableOrders();
    const placed = new Set(scenarios.map(({ steps }) => steps[0]!.order_hash));
    expect(book.filter(({ order_hash }) => placed.has(order_hash))).toEqual([]);
  });

  test('are listed, newest first', async () => {
    const { body } = await call('GET', `${service.url}/sandbox/scenarios`);
    const { scenarios } = body.data as { scenarios: Scenario[] };
    expect(scenarios[0]!.name).toBe('ask-again');
    const times = scenarios.map(({ started_at }) => started_at);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  test.each<[string, unknown, string]>([
    ['no name', {}, 'name is required and must be one of cancel-before-trade, '],
    ['another name', { name: 'panic' }, 'name must be one of cancel-before-trade, '],
    ['a name of an object', { name: 'toString' }, 'name must be one of cancel-before-trade, '],
    [
      'a wrong address',
      { name: 'burst', taker_address: '0x12' },
      'taker_address must be 0x and 40 hex digits',
    ],
    ['an unknown field', { name: 'burst', speed: 2 }, 'speed is not a known field'],
    [
      'no address where there is no demo',
      { name: 'burst', taker_address: null },
      'taker_address is required',
    ],
  ])('%s is refused', async (_, json, details) => {
    expect(await start(json)).toMatchObject({
      status: 400,
      body: { code: 400001, message: 'Invalid parameter', details: expect.stringContaining(details) },
    });
  });

  test('an unknown id is refused', async () => {
    const answer = await call('GET', `${service.url}/sandbox/scenarios/8b9ad3ad-4d0c-4f3e-9a26-5b1f1b5a9c11`);
    expect(answer).toMatchObject({ status: 404, body: { code: 404000, message: 'Scenario not found' } });
  });
});

test('it shows that it is a sandbox, and documents its calls', async () => {
  const { body } = await call('GET', `${service.url}/api/v1/config`);
  expect(body.data.sandbox).toBe(true);
  const document = await (await fetch(`${service.url}/openapi.json`)).json();
  const { paths } = document as { paths: Record<string, Record<string, { operationId: string }>> };
  expect(paths['/sandbox/scenarios']!.post!.operationId).toBe('startScenario');
  expect(paths['/sandbox/scenarios']!.get!.operationId).toBe('listScenarios');
  expect(paths['/sandbox/scenarios/{id}']!.get!.operationId).toBe('getScenario');
});

test(
  'on the embedded database it is there unless told otherwise, tries the demo taker, and keeps its key',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
    const environment = { DATA_DIR: folder, PORT: String(await freePort()), SANDBOX: '' };
    const url = `http://127.0.0.1:${environment.PORT}`;
    const embedded = await ServiceProcess.start(environment);
    await until(() => embedded.stdout.includes('npm run demo'), 'the welcome');
    expect(embedded.stdout).toMatch(/Sandbox +on: /);
    const key = /API key +(\S+)/.exec(embedded.stdout)![1]!;
    await until(
      async () => (await start({ name: 'cancel-before-trade' }, url)).status === 202,
      'the sandbox to open, just behind the service',
    );
    const orders = async () =>
      (await call('GET', `${url}/api/v1/orders/available`, { headers: { 'x-api-key': key } })).body.data;
    await until(async () => (await orders()).length >= 2, "a simulated maker's order and the scenario's");
    expect(statSync(join(folder, 'sandbox-access.json')).mode & 0o077).toBe(0);
    expect([await embedded.stop(), embedded.stderr]).toEqual([0, '']);
    rmSync(folder, { recursive: true });
  },
  2 * START_PATIENCE_MS,
);

describe('as a process of its own', () => {
  const SANDBOX = 'dist/apps/sandbox/src/main.js';
  const launch = (environment: NodeJS.ProcessEnv, ...args: string[]) =>
    ServiceProcess.launch(environment, [process.execPath, SANDBOX, ...args]);

  test('it plays through the API of a service', async () => {
    const taker = await service.newTaker();
    const port = String(await freePort());
    const bot = await newBot(
      ({ maker: wallet }) => !KNOWN_MAKERS.has(wallet),
      () => ({ cancel: true, message: 'Not traded yet' }),
    );
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
    const { body } = await start({ name: 'cancel-before-trade' }, url);
    const look = async () => (await call('GET', `${url}/sandbox/scenarios/${body.data.id}`)).body.data;
    await until(async () => (await look()).status === 'completed', 'the end', PATIENCE_MS);
    expect(await start({ name: 'panic' }, url)).toMatchObject({
      status: 400,
      body: { code: 400001, details: expect.stringContaining('name must be one of') },
    });
    expect(await start({ name: 'suspend-and-resume' }, url)).toMatchObject({
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
});
