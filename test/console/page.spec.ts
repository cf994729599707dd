import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { BROWSER_PATIENCE_MS, hasBrowser } from '../support/browser.js';
import { type ConsolePage, consolePages } from '../support/console-page.js';
import { askedOrder, lockedOrder, succeeded } from '../support/handshake.js';
import { startService, type TestService } from '../support/service.js';
import { until } from '../support/until.js';

/** The console as a page: how it looks, and by which clock it goes. */
jest.setTimeout(BROWSER_PATIENCE_MS);

const inBrowser = hasBrowser ? test : test.skip;

let service: TestService;
const open = consolePages(() => service.url);
beforeAll(async () => {
  // the service's intervals are driven by hand: nobody wants to wait for its heartbeats
  jest.useFakeTimers({
    doNotFake: ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setTimeout'],
  });
  if (hasBrowser) service = await startService();
}, BROWSER_PATIENCE_MS);
afterAll(async () => {
  await service?.stop();
  jest.useRealTimers();
});

/** Each look of the page as it is now: light and dark, wide and narrow. */
async function expectFaultless(at: ConsolePage, name: string): Promise<void> {
  for (const width of [1280, 390]) {
    await at.page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await at.page.emulateMedia({ colorScheme });
      const look = `${name}-${colorScheme}-${width}`;
      expect({ look, isTooWide: await at.isTooWide(), faults: await at.faults() }).toEqual({
        look,
        isTooWide: false,
        faults: [],
      });
      await at.picture(look, { fullPage: true });
    }
  }
}

inBrowser('light and dark, wide and narrow, nothing is out of reach, and axe finds no fault', async () => {
  const taker = await service.newTaker();
  const { maker, id, hash } = await lockedOrder(service, { taker });
  succeeded(await maker.cancel(id), 202);
  succeeded(await taker.answer(hash, false, { message: 'The order is at the exchange already' }), 200);
  await maker.place({ ticker: 'NVDA', is_buy: false });
  await askedOrder(service, { taker, maker });
  const at = await open();
  await at.visit();
  await at.page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  await expectFaultless(at, 'sign-in');
  await at.signIn(taker.apiKey);
  await at
    .part('Orders')
    .getByRole('button', { name: new RegExp(hash.slice(0, 6)) })
    .click();
  await until(async () => (await at.steps()).length === 7, 'the diagram');
  await at.part(/AAPL/).getByText('cancel-result: no').click();
  await expectFaultless(at, 'desk');
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

inBrowser('a clock that has gone wrong meanwhile is set right by the next heartbeat', async () => {
  const { taker } = await askedOrder(service);
  const at = await open();
  await at.signIn(taker.apiKey);
  const question = at.page.getByRole('article');
  await question.getByRole('timer').waitFor();
  await at.jump(3_600_000);
  await question.getByText('time is over').waitFor();
  jest.advanceTimersByTime(30_000);
  await question.getByRole('timer').waitFor();
});
