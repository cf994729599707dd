import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, jest, test } from '@jest/globals';
import { freePort } from '#database';
import { SCENARIO_NAMES } from '../../apps/sandbox/src/scenarios/scenario-names.js';
import { BROWSER_PATIENCE_MS, hasBrowser } from '../support/browser.js';
import { consolePages } from '../support/console-page.js';
import { processesOf } from '../support/processes.js';
import { ServiceProcess, START_PATIENCE_MS } from '../support/service-process.js';
import { until } from '../support/until.js';

/** What a newcomer does first: two commands, and the console by the link that they print. */
jest.setTimeout(2 * BROWSER_PATIENCE_MS);

const inBrowser = hasBrowser ? test : test.skip;

let url = '';
const open = consolePages(() => url);

/** All as it is without a setting, the sandbox too; nothing of it is left, however the test ends. */
let npm: ServiceProcess | undefined;
let dataDir = '';
async function npmStart(): Promise<ServiceProcess> {
  dataDir = mkdtempSync(join(tmpdir(), 'lockstep-'));
  const PORT = String(await freePort());
  url = `http://127.0.0.1:${PORT}`;
  npm = ServiceProcess.launch({ DATA_DIR: dataDir, PORT, SANDBOX: undefined }, ['npm', 'start']);
  return npm;
}
afterEach(async () => {
  if (!npm) return;
  await npm.stop();
  await until(() => processesOf(dataDir).length === 0, 'PostgreSQL to stop');
  rmSync(dataDir, { recursive: true });
}, BROWSER_PATIENCE_MS);

inBrowser('npm start, its link, a scenario, an answer: the diagram grows to its end', async () => {
  const service = await npmStart();
  await until(() => service.stdout.includes('npm run demo'), 'the welcome', START_PATIENCE_MS);
  const link = /Console +(\S+)/.exec(service.stdout)![1]!;
  const { api_key: apiKey, taker_address } = Object.fromEntries(
    new URLSearchParams(new URL(link).hash.slice(1)),
  );
  expect(link).toContain(`${url}/console/#`);

  const at = await open({ height: 860 });
  await at.page.goto(link);
  await at.connection('Live').waitFor();
  const scenarios = at.part('Play a scenario');
  // the sandbox opens a little after the service, and says so
  await until(async () => {
    await scenarios.getByRole('button', { name: 'Start' }).click();
    await scenarios.locator('.run, .wrong:not(:empty)').first().waitFor();
    return (await scenarios.locator('.run').count()) > 0;
  }, 'the sandbox to play');
  await scenarios.getByText('The maker places an order').waitFor();

  // its order is chosen by itself: what is to be done next stands beside it
  const order = at.page.locator('.order-view');
  await order.getByRole('button', { name: 'Lock', exact: true }).click();
  await until(async () => (await at.steps()).length === 4, 'the diagram to show the lock');

  const question = at.page.getByRole('article', { name: /Request to cancel/ });
  await question.waitFor();
  await until(async () => (await at.steps()).length === 6, 'the diagram to show the request');
  await question.getByLabel('Words to the maker').fill('Not traded yet');
  expect(await at.faults()).toEqual([]);
  await at.picture('readme');

  await question.getByRole('button', { name: 'Yes, cancel it' }).click();
  await order.locator('.facts').getByText('cancelled').waitFor();
  await until(async () => (await at.steps()).length === 8, 'the diagram to show the end');
  expect(await at.steps()).toEqual([
    'Maker to Lockstep: place a signed order',
    'Lockstep to Taker: order status change new → pending',
    'Taker to Lockstep: lock',
    'Lockstep to Taker: order status change pending → locked',
    'Maker to Lockstep: cancel user_requested',
    'Lockstep to Taker: cancellation request user_requested',
    'Taker to Lockstep: cancel-result: yes Not traded yet',
    'Lockstep to Taker: order status change locked → cancelled',
  ]);
  await scenarios.locator('.run').getByText('completed').waitFor();
  await scenarios.getByText('The request was accepted: “Not traded yet”').waitFor();
  await at.picture('newcomer', { fullPage: true });
  expect(at.troubles.filter((trouble) => !trouble.includes('503'))).toEqual([]);
  at.expectOwnOriginAlone();

  const names = await scenarios
    .getByRole('option')
    .evaluateAll((options) => options.map((each) => each.value));
  expect(names.toSorted()).toEqual(SCENARIO_NAMES.toSorted());
  // whose key does not tell its address is known by what it held
  await at.signIn(apiKey!);
  await at.part('Orders').getByText('Ended').waitFor();
  const started = at.page.waitForRequest((request) => request.method() === 'POST');
  await scenarios.getByRole('button', { name: 'Start' }).click();
  expect((await started).postDataJSON()).toMatchObject({ taker_address });
});
