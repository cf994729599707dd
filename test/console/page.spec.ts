import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { BROWSER_PATIENCE_MS, hasBrowser } from '../support/browser.js';
import { consolePages } from '../support/console-page.js';
import { askedOrder, lockedOrder, succeeded } from '../support/handshake.js';
import { startService, type TestService } from '../support/service.js';
import { until } from '../support/until.js';

/** The console as a page: how it looks, and how it lasts. */
jest.setTimeout(BROWSER_PATIENCE_MS);

const inBrowser = hasBrowser ? test : test.skip;

let service: TestService;
const open = consolePages(() => service.url);
beforeAll(async () => {
  if (hasBrowser) service = await startService({ WORKER: 'inline' });
}, BROWSER_PATIENCE_MS);
afterAll(() => service?.stop());

inBrowser.each([
  ['light', 1280],
  ['dark', 1280],
  ['light', 390],
  ['dark', 390],
] as const)('%s, at %i px: nothing is out of reach, and axe finds no fault', async (colorScheme, width) => {
  const taker = await service.newTaker();
  const { maker, id, hash } = await lockedOrder(service, { taker });
  succeeded(await maker.cancel(id), 202);
  succeeded(await taker.answer(hash, false, { message: 'The order is at the exchange already' }), 200);
  await maker.place({ ticker: 'NVDA', is_buy: false });
  await askedOrder(service, { taker, maker });
  const at = await open({ colorScheme, width });
  await at.visit();
  await at.page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  expect(await at.faults()).toEqual([]);
  await at.picture(`sign-in-${colorScheme}-${width}`, { fullPage: true });
  await at.signIn(taker.apiKey);
  await at
    .part('Orders')
    .getByRole('button', { name: new RegExp(hash.slice(0, 6)) })
    .click();
  await until(async () => (await at.steps()).length === 7, 'the diagram');
  await at.part(/AAPL/).getByText('cancel-result: no').click();
  expect(await at.isTooWide()).toBe(false);
  expect(await at.faults()).toEqual([]);
  await at.picture(`desk-${colorScheme}-${width}`, { fullPage: true });
});

inBrowser(
  'the countdown goes by the service’s clock, also when the browser’s is wrong and is set meanwhile',
  async () => {
    const { taker } = await askedOrder(service);
    const at = await open();
    await at.withWrongClock();
    await at.signIn(taker.apiKey);
    const timer = at.page.getByRole('article').getByRole('timer');
    const IN_TIME = /^(1:00|0:[2-5]\d)$/;
    const first = await timer.textContent();
    expect(first).toMatch(IN_TIME);
    await at.setClock(2 * 3_600_000);
    await until(async () => (await timer.textContent()) !== first, 'the countdown to go on');
    expect(await timer.textContent()).toMatch(IN_TIME);
  },
);

inBrowser('a page that hears much for long keeps the newest', async () => {
  const [maker, taker] = [await service.newMaker(), await service.newTaker()];
  const at = await open();
  await at.signIn(taker.apiKey);
  await at.part('Live').getByLabel('Show').selectOption('everything');
  const ORDERS = 220;
  for (let i = 0; i < ORDERS; i += 10) {
    await Promise.all(Array.from({ length: 10 }, () => maker.place({ ticker: 'FLOOD' })));
  }
  const { order_hash } = await maker.place({ ticker: 'LAST' });
  const hash = `${order_hash.slice(0, 6)}…${order_hash.slice(-4)}`;
  await at.part('Live').getByText(hash).first().waitFor();
  await at.part('Orders').getByText('LAST').waitFor();
  expect(await at.part('Live').getByRole('listitem').count()).toBe(300);
  await until(
    async () =>
      (await at.part('Orders').getByRole('heading', { level: 3 }).allTextContents()).includes(
        'To be had 200',
      ),
    'the orders to be bounded',
  );
  expect(at.troubles).toEqual([]);
});
