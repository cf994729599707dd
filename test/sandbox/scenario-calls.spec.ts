import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call } from '../support/http.js';
import { PLAY_PATIENCE_MS, RunningSandbox, type Scenario, startScenario } from '../support/sandbox.js';
import { START_PATIENCE_MS } from '../support/service-process.js';
import { until } from '../support/until.js';

/** The calls that start scenarios and tell of them, and what they refuse. */
let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await RunningSandbox.start();
}, START_PATIENCE_MS);
afterAll(() => sandbox.stop());

const start = (json: unknown) => startScenario(sandbox.url, json);
const list = async (): Promise<Scenario[]> =>
  (await call('GET', `${sandbox.url}/sandbox/scenarios`)).body.data.scenarios;

test('those whose order nobody locks have failed, and their orders are taken back; ten can run', async () => {
  const nobody = { name: 'ask-again', taker_address: `0x${'7A'.repeat(20)}` };
  const running = await Promise.all(Array.from({ length: 10 }, () => start(nobody)));
  expect(running.map(({ status }) => status)).toEqual(Array(10).fill(202));
  const refused = await start(nobody);
  expect(refused).toMatchObject({ status: 429, body: { code: 429001, message: 'Too many requests' } });
  expect(refused.headers.get('retry-after')).toBe('1');

  const look = async () => (await list()).slice(0, 10);
  const allFailed = async () => (await look()).every(({ status }) => status === 'failed');
  await until(allFailed, 'the end', PLAY_PATIENCE_MS);
  const scenarios = await look();
  for (const { steps } of scenarios)
    expect(steps.at(-1)!.text).toBe('It ended here: waited 12 s in vain for the bot to lock it');
  const book = await (await sandbox.service.newTaker()).library().availableOrders();
  const placed = new Set(scenarios.map(({ steps }) => steps[0]!.order_hash));
  expect(book.filter(({ order_hash }) => placed.has(order_hash))).toEqual([]);
});

test('scenarios are listed, newest first', async () => {
  const scenarios = await list();
  expect(scenarios[0]!.name).toBe('ask-again');
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
    body: { code: 400001, message: 'Invalid parameter', details: expect.stringContaining(details) },
  });
});

test('an unknown id is refused', async () => {
  const answer = await call('GET', `${sandbox.url}/sandbox/scenarios/8b9ad3ad-4d0c-4f3e-9a26-5b1f1b5a9c11`);
  expect(answer).toMatchObject({ status: 404, body: { code: 404000, message: 'Scenario not found' } });
});

test('the service shows that it is a sandbox, and documents its calls', async () => {
  const { body } = await call('GET', `${sandbox.url}/api/v1/config`);
  expect(body.data.sandbox).toBe(true);
  const document = await (await fetch(`${sandbox.url}/openapi.json`)).json();
  const { paths } = document as { paths: Record<string, Record<string, { operationId: string }>> };
  expect(paths['/sandbox/scenarios']!.post!.operationId).toBe('startScenario');
  expect(paths['/sandbox/scenarios']!.get!.operationId).toBe('listScenarios');
  expect(paths['/sandbox/scenarios/{id}']!.get!.operationId).toBe('getScenario');
});
