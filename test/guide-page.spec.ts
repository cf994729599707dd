import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import {
  BROWSER_PATIENCE_MS,
  faultsOf,
  hasBrowser,
  isTooWide,
  launchBrowser,
  troublesOf,
} from './support/browser.js';
import { Prefix } from './support/prefix.js';
import { startService, type TestService } from './support/service.js';

/** The guide as it is read, in Debian's Chromium. */
jest.setTimeout(BROWSER_PATIENCE_MS);

const inBrowser = hasBrowser ? test : test.skip;
const prefix = new Prefix(() => service.url);
let service: TestService;
let browser: Browser;
beforeAll(async () => {
  if (!hasBrowser) return;
  service = await startService();
  browser = await launchBrowser();
  await prefix.start();
}, BROWSER_PATIENCE_MS);
afterAll(async () => {
  if (!hasBrowser) return;
  await browser.close();
  prefix.stop();
  await service.stop();
});

inBrowser.each([
  ['light', 1280],
  ['dark', 1280],
  ['light', 390],
  ['dark', 390],
] as const)('%s, at %i px: nothing is out of reach, and axe finds no fault', async (colorScheme, width) => {
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
  const troubles = troublesOf(page);
  for (const path of [
    '/guide/',
    '/guide/push',
    '/guide/configuration',
    '/guide/messages',
    '/docs/errors/409003',
    '/reference/',
    '/reference/fillOrder',
  ]) {
    await page.goto(`${service.url}${path}`);
    expect([path, await isTooWide(page)]).toEqual([path, false]);
    expect([path, await faultsOf(page)]).toEqual([path, []]);
    const name = path.replaceAll('/', '-');
    await page.screenshot({ path: `artifacts/guide${name}-${colorScheme}-${width}.png` });
  }
  expect(troubles).toEqual([]);
  await page.close();
});

inBrowser('samples come in the language that was chosen last, and can be copied', async () => {
  const page = await browser.newPage();
  const troubles = troublesOf(page);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const shown = page.locator('.samples pre').filter({ visible: true });
  await page.goto(`${service.url}/reference/lockOrder`);
  expect(await shown.innerText()).toMatch(/^curl /);
  await page.getByLabel('Java', { exact: true }).check();
  expect(await shown.innerText()).toContain('class LockOrder {');
  await page.getByRole('link', { name: 'Report the trade of a locked order' }).click();
  await page.waitForURL('**/reference/fillOrder');
  expect(await shown.innerText()).toContain('class FillOrder {');
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(await shown.textContent());
  expect(troubles).toEqual([]);
  await page.close();
});

inBrowser('a search leads to the section, under a prefix too', async () => {
  const page = await browser.newPage();
  const troubles = troublesOf(page);
  await page.goto(`${prefix.url}/lockstep/docs/errors/409003`);
  await page.getByRole('searchbox').fill('resync');
  const found = page.getByRole('link', { name: /The sockets: Going on where you left off/ });
  await found.waitFor();
  for (const entry of await page.locator('#found li').allTextContents()) expect(entry).toMatch(/resync/i);
  await found.click();
  await page.getByRole('heading', { name: 'Going on where you left off' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/lockstep/guide/push');
  await page.getByRole('searchbox').fill('409009');
  await page.getByRole('link', { name: '409009 Order suspended' }).click();
  expect(new URL(page.url()).pathname).toBe('/lockstep/docs/errors/409009');
  await page.getByRole('searchbox').fill('lockOrder');
  await page.getByRole('link', { name: 'Lock a pending order to trade it' }).click();
  expect(new URL(page.url()).pathname).toBe('/lockstep/reference/lockOrder');
  await page.getByRole('searchbox').fill('zzyzx');
  await page.getByText('Nothing in the guide has all of these words.').waitFor();
  expect(troubles).toEqual([]);
  await page.close();
});
