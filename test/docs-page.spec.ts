import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { BROWSER_PATIENCE_MS, hasBrowser, keptBy, launchBrowser, troublesOf } from './support/browser.js';
import { ExternalService } from './support/external-service.js';
import { askedOrder } from './support/handshake.js';
import { Prefix } from './support/prefix.js';
import type { ServiceProcess } from './support/service-process.js';

/** Swagger UI as a taker's developer uses it, in Debian's Chromium. */
const SCREENSHOT = 'artifacts/docs.png';

const inBrowser = hasBrowser ? test : test.skip;
const prefix = new Prefix(() => service.url);
let service: ExternalService;
let instance: ServiceProcess;
let browser: Browser;
let page: Page;
let troubles: string[];
beforeAll(async () => {
  if (!hasBrowser) return;
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1280, height: 1500 } });
  troubles = troublesOf(page);
  service = await ExternalService.prepare();
  instance = await service.start();
  await prefix.start();
}, BROWSER_PATIENCE_MS);
afterAll(async () => {
  if (!hasBrowser) return;
  await browser.close();
  prefix.stop();
  await instance.stop();
  await service.drop();
});

inBrowser.each(['/docs', '/lockstep/docs'])(
  'a taker authorises, answers a cancellation request and reads the answer on the page: %s',
  async (path) => {
    const { taker, maker, id, hash } = await askedOrder(service);
    await page.goto(`${path === '/docs' ? service.url : prefix.url}${path}`);

    await page.getByRole('button', { name: 'Authorize' }).click();
    const dialog = page.locator('.modal-ux');
    const key = dialog.locator('form', { hasText: 'X-API-Key' });
    await key.locator('input').fill(taker.apiKey);
    await key.getByRole('button', { name: 'Apply credentials' }).click();
    await dialog.getByRole('button', { name: 'Close' }).first().click();

    const call = page.locator('.opblock', { hasText: 'answerCancellation' });
    await call.locator('.opblock-summary-control').click();
    await call.getByRole('button', { name: 'Try it out' }).click();
    const body = call.locator('textarea');
    const { request_id: _, ...example } = JSON.parse(await body.inputValue());
    expect(example).toMatchObject({ cancellation_success: true, message: 'Not traded yet, cancelled' });
    await body.fill(JSON.stringify({ ...example, order_hash: hash, taker_address: taker.address }, null, 2));
    await call.getByRole('button', { name: 'Execute' }).click();

    const answer = call.locator('.live-responses-table');
    await answer.locator('.response-col_status', { hasText: '200' }).waitFor();
    expect(JSON.parse(await answer.locator('.highlight-code code').first().innerText())).toEqual({
      code: 0,
      data: { success: true, message: 'Cancellation result recorded', order_hash: hash },
    });
    await call.evaluate((element) => element.scrollIntoView());
    await page.screenshot({ path: SCREENSHOT });
    expect(await maker.order(id)).toMatchObject({ status: 'cancelled' });
    expect(await keptBy(page)).not.toContain(taker.apiKey);
    expect(troubles).toEqual([]);
  },
  BROWSER_PATIENCE_MS,
);
