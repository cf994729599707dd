import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { BROWSER_PATIENCE_MS, hasBrowser } from '../support/browser.js';
import { consolePages } from '../support/console-page.js';
import { askedOrder, lockedOrder, succeeded } from '../support/handshake.js';
import { startService, type TestService } from '../support/service.js';
import { until } from '../support/until.js';

/** What a taker does in the console, in Debian's Chromium. */
jest.setTimeout(BROWSER_PATIENCE_MS);

const inBrowser = hasBrowser ? test : test.skip;

let service: TestService;
const open = consolePages(() => service.url);
beforeAll(async () => {
  if (hasBrowser) service = await startService({ WORKER: 'inline' });
}, BROWSER_PATIENCE_MS);
afterAll(() => service?.stop());

inBrowser(
  'signs in, sees an order come, locks it, is asked, answers, and sees the diagram grow',
  async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const at = await open();
    await at.signIn(taker.apiKey);
    await at.part('Orders').getByText('No orders yet').waitFor();

    const { id, order_hash } = await maker.place({ ticker: 'MSFT' });
    await at
      .part('Orders')
      .getByRole('button', { name: /Buy 100 MSFT at 182\.5/ })
      .click();
    await at.page.getByRole('button', { name: 'Lock', exact: true }).click();
    await at.part(/MSFT/).getByText('locked', { exact: true }).waitFor();
    await until(async () => (await at.steps()).length === 4, 'the diagram to show the lock');

    succeeded(await maker.cancel(id, { reason: 'changed my mind' }), 202);
    const question = at.page.getByRole('article', { name: /Request to cancel: Buy 100 MSFT/ });
    await question.getByText('changed my mind').waitFor();
    expect(await question.getByRole('timer').textContent()).toMatch(/^(1:00|0:[345]\d)$/);
    expect(await at.page.title()).toBe('(1) Lockstep console');
    await at.picture('asked');
    expect(await at.faults()).toEqual([]);
    await question.getByLabel('Words to the maker').fill('half of it is <b>traded</b>');
    await question.getByRole('button', { name: 'No, I am trading' }).click();

    await question.waitFor({ state: 'detached' });
    await until(async () => (await at.steps()).length === 7, 'the diagram to show the answer');
    expect(await at.steps()).toEqual([
      'Maker to Lockstep: place a signed order',
      'Lockstep to Taker: order status change new → pending',
      'Taker to Lockstep: lock',
      'Lockstep to Taker: order status change pending → locked',
      'Maker to Lockstep: cancel changed my mind',
      'Lockstep to Taker: cancellation request changed my mind',
      'Taker to Lockstep: cancel-result: no half of it is <b>traded</b>',
    ]);
    const { status, cancellation } = await maker.order(order_hash);
    expect({ ...cancellation, status }).toMatchObject({
      status: 'locked',
      resolved_by: 'answer',
      message: 'half of it is <b>traded</b>',
    });

    succeeded(await maker.cancel(id), 202);
    await question.getByRole('button', { name: 'Yes, cancel it' }).click();
    await at.part(/MSFT/).getByText('cancelled', { exact: true }).waitFor();
    await until(async () => (await at.steps()).length === 11, 'the diagram to show the end');
    expect((await at.steps()).slice(-2)).toEqual([
      'Taker to Lockstep: cancel-result: yes',
      'Lockstep to Taker: order status change locked → cancelled',
    ]);
    await at.picture('cancelled');
    expect(at.troubles).toEqual([]);
    at.expectOwnOriginAlone();
  },
);

inBrowser('does all of it with the keyboard', async () => {
  const { taker, maker, id } = await askedOrder(service);
  const at = await open();
  await at.visit();
  const press = async (key: string, times = 1): Promise<void> => {
    for (let i = 0; i < times; i += 1) await at.page.keyboard.press(key);
  };
  const focused = () =>
    at.page.evaluate<string>('document.activeElement.innerText || document.activeElement.id');
  await press('Tab');
  expect(await focused()).toBe('secret');
  await at.page.keyboard.type(taker.apiKey);
  await press('Enter');
  await at.page.getByRole('article').waitFor();
  await until(async () => {
    await press('Tab');
    return (await focused()) === 'Yes, cancel it';
  }, 'the focus to come to the answer');
  await press('Enter');
  await until(async () => (await maker.order(id)).status === 'cancelled', 'the answer');
  await until(async () => (await focused()).startsWith('Buy 100 AAPL'), 'the focus to be at the order');
  expect(at.troubles).toEqual([]);
});

inBrowser('fills, unlocks and rejects what it holds', async () => {
  const [maker, taker] = [await service.newMaker(), await service.newTaker()];
  const at = await open();
  await at.signIn(taker.apiKey);
  for (const [ticker, act, end] of [
    ['FILL', 'Fill', 'filled'],
    ['BACK', 'Unlock', 'pending'],
    ['NOPE', 'Reject', 'rejected'],
  ] as const) {
    const { order_hash } = await maker.place({ ticker });
    succeeded(await taker.lock(order_hash), 200);
    await at
      .part('Orders')
      .getByRole('button', { name: new RegExp(ticker) })
      .click();
    const order = at.part(new RegExp(ticker));
    if (act === 'Reject') {
      await order.getByText('Reject …').click();
      await order.getByLabel('Reason').fill('halted');
    }
    await order.getByRole('button', { name: act, exact: true }).click();
    await order.locator('.facts').getByText(end, { exact: true }).waitFor();
    await until(async () => (await at.steps()).length === 6, 'the diagram');
    expect((await at.steps()).at(-2)).toMatch(new RegExp(`^Taker to Lockstep: ${act.toLowerCase()}`));
    expect((await maker.order(order_hash)).status).toBe(end);
  }
  expect(at.troubles).toEqual([]);
});

inBrowser('reads what a verdict met that no longer counts', async () => {
  const { taker, placed } = await askedOrder(service);
  const at = await open();
  await at.signIn(taker.apiKey);
  const question = at.page.getByRole('article');
  await question.waitFor();
  // its page does not hear of it in time
  await at.page.route('**/cancel-result', async (route) => {
    succeeded(await taker.fill(placed), 200);
    await route.continue();
  });
  await question.getByRole('button', { name: 'Yes, cancel it' }).click();
  await at.part('Live').getByText('answered 409').waitFor();
  await question.waitFor({ state: 'detached' });
  expect(at.troubles).toEqual([expect.stringContaining('409'), expect.stringContaining('409')]);
  await at.part('Live').getByText('orders/cancel-result').click();
  expect(await at.part('Live').getByLabel('Answer 409').textContent()).toContain('409003');
});

inBrowser('finds a request that comes below those that wait', async () => {
  const [maker, taker] = [await service.newMaker(), await service.newTaker()];
  await askedOrder(service, { taker });
  const at = await open();
  await at.signIn(taker.apiKey);
  const questions = at.page.getByRole('article');
  await questions.first().waitFor();
  const { id, order_hash } = await maker.place({ ticker: 'NEXT' });
  succeeded(await taker.lock(order_hash), 200);
  succeeded(await maker.cancel(id), 202);
  const labels = async (): Promise<string> => {
    const all = await questions.all();
    return (await Promise.all(all.map((question) => question.getAttribute('aria-label')))).join();
  };
  await until(async () => /AAPL.*NEXT/.test(await labels()), 'the second request below the first');
});

inBrowser('answers by a double click what it was aimed at, and not what moves there', async () => {
  const taker = await service.newTaker();
  const [first, second] = [await askedOrder(service, { taker }), await askedOrder(service, { taker })];
  const at = await open();
  await at.signIn(taker.apiKey);
  const questions = at.page.getByRole('article');
  await until(async () => (await questions.count()) === 2, 'the requests');
  await at.page.evaluate(`
    const [yes] = document.querySelectorAll('.answers .yes');
    const { x, y } = yes.getBoundingClientRect();
    const click = () => document.elementFromPoint(x + 9, y + 9).dispatchEvent(
      new MouseEvent('click', { bubbles: true, detail: 1 }),
    );
    new MutationObserver((_, observer) => {
      if (yes.isConnected) return;
      observer.disconnect();
      click();
    }).observe(document.body, { childList: true, subtree: true });
    click();
  `);
  await until(async () => (await questions.count()) === 1, 'the first answer');
  expect((await first.maker.order(first.id)).status).toBe('cancelled');
  const no = questions.getByRole('button', { name: 'No, I am trading' });
  await until(async () => {
    await no.click();
    return (await second.maker.order(second.id)).cancellation.status !== 'requested';
  }, 'the second answer');
  expect((await second.maker.order(second.id)).cancellation.status).toBe('rejected');
});

inBrowser('no longer sees an order that another taker has locked, and is told so', async () => {
  const [maker, taker, other] = [
    await service.newMaker(),
    await service.newTaker(),
    await service.newTaker(),
  ];
  const at = await open();
  await at.signIn(taker.apiKey);
  const { order_hash } = await maker.place({ ticker: 'GONE' });
  await at.part('Orders').getByRole('button', { name: /GONE/ }).click();
  await at.part(/GONE/).getByRole('button', { name: 'Lock', exact: true }).waitFor();
  succeeded(await other.lock(order_hash), 200);
  await at
    .part(`Order ${order_hash.slice(0, 6)}`)
    .getByText('another taker holds it')
    .waitFor();
  expect(await at.part('Orders').getByText('GONE').count()).toBe(0);
  expect(await at.faults()).toEqual([]);
});

inBrowser('can do nothing with an order that it held and another holds now', async () => {
  const { taker, hash } = await lockedOrder(service);
  succeeded(await taker.unlock(hash), 200);
  succeeded(await (await service.newTaker()).lock(hash), 200);
  const at = await open();
  await at.signIn(taker.apiKey);
  await at.part('Orders').getByRole('heading', { name: 'Held by another taker' }).waitFor();
  await at.part('Orders').getByRole('button', { name: /AAPL/ }).click();
  await until(async () => (await at.steps()).includes('Taker to Lockstep: unlock'), 'the diagram');
  expect(await at.part(/AAPL/).locator('.actions button').count()).toBe(0);
});
