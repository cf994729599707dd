import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RULE_NAMES } from '#certificates';
import { ERRORS } from '../../apps/sandbox/src/envelope.js';
import { Steps } from '../../apps/sandbox/src/scenarios/steps.js';
import { API_ERRORS } from '../../src/http/refusals/api-errors.js';
import { call } from '../support/http.js';
import {
  PLAY_PATIENCE_MS,
  RunningSandbox,
  type Scenario,
  scenarioOf,
  startScenario,
} from '../support/sandbox.js';
import { START_PATIENCE_MS } from '../support/service-process.js';
import { until } from '../support/until.js';

/** The sandbox's own calls, and what they refuse. */
let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await RunningSandbox.start();
}, 2 * START_PATIENCE_MS);
afterAll(() => sandbox.stop());

const start = (json: unknown) => startScenario(sandbox.url, json);
const list = async (): Promise<Omit<Scenario, 'steps'>[]> =>
  (await call('GET', `${sandbox.url}/sandbox/scenarios`)).body.data.scenarios;

/** A start from another of this machine's addresses. */
const startFrom = (localAddress: string, json: unknown): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const options = { method: 'POST', localAddress, headers };
    request(`${sandbox.url}/sandbox/scenarios`, options, (answer) => {
      void text(answer).then((body) => resolve({ status: answer.statusCode!, body }));
    })
      .on('error', reject)
      .end(JSON.stringify(json));
  });

test(
  'five of a caller can run and twenty in all; those whose order nobody locks have failed, and their orders are taken back',
  async () => {
    const nobody = { name: 'ask-again', taker_address: `0x${'7A'.repeat(20)}` };
    const running = await Promise.all(Array.from({ length: 5 }, () => start(nobody)));
    expect(running.map(({ status }) => status)).toEqual(Array(5).fill(202));
    const refused = await start(nobody);
    expect(refused).toMatchObject({
      status: 429,
      body: {
        code: 429001,
        message: 'Too many requests',
        details: expect.stringMatching(/^5 scenarios of yours are running/),
      },
    });
    expect(refused.headers.get('retry-after')).toBe('10');
    for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.4']) {
      for (let i = 0; i < 5; i += 1) expect((await startFrom(address, nobody)).status).toBe(202);
    }
    const { status, body } = await startFrom('127.0.0.5', nobody);
    expect([status, JSON.parse(body)]).toMatchObject([
      429,
      { details: expect.stringMatching(/^20 scenarios are running/) },
    ]);

    const allFailed = async () => (await list()).every((each) => each.status === 'failed');
    await until(allFailed, 'the end', PLAY_PATIENCE_MS);
    const scenarios = await Promise.all((await list()).map(({ id }) => scenarioOf(sandbox.url, id)));
    expect(scenarios).toHaveLength(20);
    for (const { steps } of scenarios)
      expect(steps.at(-1)!.text).toBe('It ended here: waited 12 s in vain for the bot to lock it');
    const available = await (await sandbox.service.newTaker()).library().availableOrders();
    const placed = new Set(scenarios.map(({ steps }) => steps[0]!.order_hash));
    expect(available.filter(({ order_hash }) => placed.has(order_hash))).toEqual([]);
  },
  2 * PLAY_PATIENCE_MS,
);

test('scenarios are listed, newest first, without their steps', async () => {
  const scenarios = await list();
  expect(scenarios[0]).toEqual({
    id: expect.any(String),
    name: 'ask-again',
    taker_address: `0x${'7a'.repeat(20)}`,
    status: 'failed',
    started_at: expect.stringMatching(/Z$/),
    ended_at: expect.stringMatching(/Z$/),
  });
  const times = scenarios.map(({ started_at }) => started_at);
  expect(times).toEqual(times.toSorted().toReversed());
});

test.each<[string, unknown, string]>([
  ['no name', {}, 'name is required and must be one of cancel-before-trade, '],
  ['another name', { name: 'panic' }, 'name must be one of cancel-before-trade, '],
  ['a name of an object', { name: 'toString' }, 'name must be one of cancel-before-trade, '],
  ['a wrong address', { name: 'burst', taker_address: '0x12' }, 'taker_address must be 0x and 40 hex digits'],
  ['an unknown field', { name: 'burst', speed: 2 }, 'speed is not a known field'],
  ['no address where there is no demo', { name: 'burst', taker_address: null }, 'taker_address is required'],
])('%s is refused', async (_, json, details) => {
  expect(await start(json)).toMatchObject({
    status: 400,
    body: {
      code: 400001,
      message: 'Invalid parameter',
      docs: '/docs/errors/400001',
      details: expect.stringContaining(details),
    },
  });
});

test('an unknown id is refused', async () => {
  const answer = await call('GET', `${sandbox.url}/sandbox/scenarios/8b9ad3ad-4d0c-4f3e-9a26-5b1f1b5a9c11`);
  expect(answer).toMatchObject({ status: 404, body: { code: 404002, docs: '/docs/errors/404002' } });
});

test('its errors are among those of the service, which has their pages', () => {
  expect(API_ERRORS).toMatchObject(ERRORS);
});

test('who tries keys at it is refused by it, before the service refuses new keys from its address', async () => {
  const report = {
    taker_address: `0x${'7a'.repeat(20)}`,
    report_sha256: '5e'.repeat(32),
    started_at: new Date().toISOString(),
    rules: Object.fromEntries(RULE_NAMES.map((name) => [name, 'pass'])),
    orders: Array.from({ length: 20 }, (_, i) => `0x${String(10 + i).repeat(32)}:yes`).join(),
  };
  const statuses: number[] = [];
  for (let i = 0; i < 20; i += 1) {
    const headers = { 'x-api-key': `lk_wrong${i}` };
    statuses.push(
      (await call('POST', `${sandbox.url}/sandbox/certificates`, { json: report, headers })).status,
    );
  }
  const takers = await Promise.all(Array.from({ length: 4 }, () => sandbox.service.newTaker()));
  const answers = await Promise.all(takers.map((taker) => taker.call('GET', '/takers/orders')));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(statuses).toEqual([...Array(5).fill(401), ...Array(15).fill(429)]);
});

test('of very many steps the first are told, and the last', () => {
  const steps = new Steps();
  for (let i = 1; i <= 600; i += 1) steps.add(`step ${i}`);
  const whileItRuns = steps.told.map(({ text: words }) => words);
  expect([whileItRuns.length, whileItRuns.at(-1)]).toEqual([499, 'step 499']);
  steps.end();
  expect([steps.told.length, steps.told.at(-1)!.text]).toEqual([500, 'step 600']);
});

test('the service shows that it is a sandbox, and documents its calls', async () => {
  const { body } = await call('GET', `${sandbox.url}/api/v1/config`);
  expect(body.data.sandbox).toBe(true);
  const document = await (await fetch(`${sandbox.url}/openapi.json`)).json();
  const { paths } = document as { paths: Record<string, Record<string, { operationId: string }>> };
  expect(paths['/sandbox/scenarios']!.post!.operationId).toBe('startScenario');
  expect(paths['/sandbox/scenarios']!.get!.operationId).toBe('listScenarios');
  expect(paths['/sandbox/scenarios/{id}']!.get!.operationId).toBe('getScenario');
  for (const { operationId } of Object.values(paths).flatMap((methods) => Object.values(methods))) {
    const page = await fetch(`${sandbox.url}/reference/${operationId}`);
    expect([operationId, page.status]).toEqual([operationId, 200]);
  }
});
