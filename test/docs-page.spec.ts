import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { ExternalService } from './support/external-service.js';
import { askedOrder } from './support/handshake.js';
import type { ServiceProcess } from './support/service-process.js';

/** Swagger UI as a taker's developer uses it, in Debian's Chromium. In CI it must be there. */
const CHROMIUM = '/usr/bin/chromium';
const SCREENSHOT = 'artifacts/docs.png';
const PATIENCE_MS = 120_000;

const here = existsSync(CHROMIUM) || process.env.CI === 'true';
if (!here) console.warn(`skipped: the test of /docs needs ${CHROMIUM} (Debian: apt-get install chromium)`);
const inChromium = here ? test : test.skip;

/** A proxy that serves the service under `/lockstep`, and knows nothing else. */
class Prefix {
  private readonly server = createServer((incoming, answer) => {
    const path = incoming.url?.replace(/^\/lockstep(?=\/)/, '');
    if (path === incoming.url) return void answer.writeHead(404).end();
    const { method, headers } = incoming;
    const outgoing = request(service.url + path, { method, headers }, (answered) => {
      answer.writeHead(answered.statusCode!, answered.headers);
      answered.pipe(answer);
    });
    incoming.pipe(outgoing);
  });
  url = '';

  async start(): Promise<void> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

const prefix = new Prefix();
let service: ExternalService;
let instance: ServiceProcess;
let browser: Browser;
let page: Page;
const troubles: string[] = [];
beforeAll(async () => {
  if (!here) return;
  // root, as CI is, cannot have Chromium's sandbox, and containers have little /dev/shm
  const args = [
    '--no-sandbox',
    '--disable-dev-shm-usage',
    '--disable-gpu',
    '--disable-background-networking',
  ];
  browser = await chromium.launch({ executablePath: CHROMIUM, args });
  page = await browser.newPage({ viewport: { width: 1280, height: 1500 } });
  page.on('pageerror', ({ message }) => troubles.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(message.text());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`${response.status()} ${response.url()}`);
  });
  service = await ExternalService.prepare();
  instance = await service.start();
  await prefix.start();
}, PATIENCE_MS);
afterAll(async () => {
  if (!here) return;
  await browser.close();
  prefix.stop();
  await instance.stop();
  await service.drop();
});

inChromium.each(['/docs', '/lockstep/docs'])(
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
    const kept = '[JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie].join()';
    expect(await page.evaluate<string>(kept)).not.toContain(taker.apiKey);
    expect(troubles).toEqual([]);
  },
  PATIENCE_MS,
);
