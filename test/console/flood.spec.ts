import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { BROWSER_PATIENCE_MS, hasBrowser } from '../support/browser.js';
import type { MakerClient } from '../support/clients.js';
import { consolePages } from '../support/console-page.js';
import { askedOrder, lockedOrder, succeeded } from '../support/handshake.js';
import { startService, type TestService } from '../support/service.js';
import { until } from '../support/until.js';

/** What the console makes of much at once, and of calls that overtake each other, fail, or are one too many. */
jest.setTimeout(BROWSER_PATIENCE_MS);

const inBrowser = hasBrowser ? test : test.skip;

let service: TestService;
const open = consolePages(() => service.url);

/** Calls so many times, ten at once. */
async function times(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i += 10) {
    const now = Array.from({ length: Math.min(10, count - i) }, (_, index) => work(i + index));
    await Promise.all(now);
  }
}

describe('where calls are not limited', () => {
  beforeAll(async () => {
    if (hasBrowser) service = await startService({ WORKER: 'inline' });
  }, BROWSER_PATIENCE_MS);
  afterAll(() => service?.stop());

  inBrowser('an answer that was overtaken overwrites nothing', async () => {
    const { taker, placed, hash } = await lockedOrder(service);
    const at = await open();
    let isFetched = false;
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await at.page.route('**/api/v1/takers/orders?*', async (route) => {
      const response = await route.fetch();
      isFetched = true;
      await released;
      await route.fulfill({ response });
    });
    await at.signIn(taker.apiKey);
    await until(() => isFetched, 'the list');
    succeeded(await taker.fill(placed), 200);
    await at.part('Live').getByText('locked → filled').waitFor();
    // in vain where nothing is read before the list has come
    const read = at.page.waitForResponse((response) => response.url().endsWith(hash), { timeout: 1_000 });
    await read.catch(() => {});
    release();
    const orders = at.part('Orders');
    await orders.getByText('Loading …').waitFor({ state: 'detached' });
    await orders.locator('.status').getByText('filled', { exact: true }).waitFor();
  });

  inBrowser('a call that fails keeps back nothing but its own order, and is tried again', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const at = await open();
    await at.signIn(taker.apiKey);
    await at.part('Orders').getByText('No orders yet').waitFor();
    let broken = '';
    await at.page.route(/takers\/orders\/0x[0-9a-f]{64}$/, async (route) => {
      broken ||= route.request().url();
      if (route.request().url() === broken) await route.abort();
      else await route.continue();
    });
    await Promise.all(['ONE', 'TWO'].map((ticker) => maker.place({ ticker })));
    const rows = at.part('Orders').getByRole('button', { name: /ONE|TWO/ });
    await until(async () => (await rows.count()) === 1, 'the order that can be read');
    await at.page.unrouteAll({ behavior: 'wait' });
    await until(async () => (await rows.count()) === 2, 'the other');
  });

  inBrowser('each open request is shown, however many there are', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const OPEN = 101; // a page has 100
    await times(OPEN, () => askedOrder(service, { taker, maker }));
    const at = await open();
    await at.signIn(taker.apiKey);
    await at.page.getByRole('heading', { name: `${OPEN} requests to cancel` }).waitFor();
    expect(await at.page.getByRole('article').count()).toBe(OPEN);
  });

  inBrowser('a page that hears much for long keeps the newest, and the taker’s own', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const own = await maker.place({ ticker: 'OWN' });
    succeeded(await taker.lock(own.order_hash), 200);
    const at = await open();
    await at.signIn(taker.apiKey);
    await at.part('Orders').getByText('Held by you').waitFor();
    await at.part('Live').getByLabel('Show').selectOption('everything');
    await times(220, () => maker.place({ ticker: 'FLOOD' }));
    const { order_hash } = await maker.place({ ticker: 'LAST' });
    const hash = `${order_hash.slice(0, 6)}…${order_hash.slice(-4)}`;
    await at.part('Live').getByText(hash).first().waitFor();
    await at.part('Orders').getByText('LAST').waitFor();
    expect(await at.part('Live').getByRole('listitem').count()).toBe(300);
    const headings = at.part('Orders').getByRole('heading', { level: 3 });
    await until(
      async () => (await headings.allTextContents()).includes('To be had 200'),
      'the orders to be bounded',
    );
    succeeded(await taker.reject(own.order_hash), 200);
    await at.part('Orders').getByRole('heading', { name: 'Ended 1' }).waitFor();
    await at.part('Orders').getByRole('button', { name: /OWN/ }).click();
    await at.part(/OWN/).locator('.facts').getByText('rejected').waitFor();
    expect(at.troubles).toEqual([]);
  });
});

describe('where the key is allowed few calls', () => {
  const LIMIT = 40;
  beforeAll(async () => {
    if (hasBrowser) service = await startService({ RATE_LIMIT_PER_SECOND: String(LIMIT) });
  }, BROWSER_PATIENCE_MS);
  afterAll(() => service?.stop());

  inBrowser('a burst of orders leaves most of them to the taker’s programs', async () => {
    const makers: MakerClient[] = [];
    for (let i = 0; i < 6; i += 1) makers.push(await service.newMaker());
    const taker = await service.newTaker();
    const at = await open();
    await at.signIn(taker.apiKey);
    await at.part('Orders').getByText('No orders yet').waitFor();
    const ORDERS = 60;
    await times(ORDERS, (index) => makers[index % makers.length]!.place());
    for (let i = 0; i < LIMIT / 4; i += 1) succeeded(await taker.call('GET', '/orders/available'), 200);
    await at
      .part('Orders')
      .getByRole('heading', { name: `To be had ${ORDERS}` })
      .waitFor();
    expect(at.troubles).toEqual([]);
  });
});
