import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { htmlReport, type CertificationReport } from '../../libs/cli/src/index.js';
import { BROWSER_PATIENCE_MS, hasBrowser, launchBrowser } from '../support/browser.js';
import {
  emptyReport,
  HOSTILE,
  hostileReport,
  longReport,
  mixedReport,
} from '../support/certification-report.js';

/** A certification's report as a page, in Debian's Chromium. */
const SCREENSHOTS = 'artifacts/certify';

const inChromium = hasBrowser ? test : test.skip;

let folder: string;
let browser: Browser;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-html-'));
  mkdirSync(SCREENSHOTS, { recursive: true });
  if (hasBrowser) browser = await launchBrowser();
}, BROWSER_PATIENCE_MS);
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

const REPORTS = { mixed: mixedReport, hostile: hostileReport, long: longReport, empty: emptyReport };

inChromium.each(
  Object.entries(REPORTS).flatMap(([name, report]) =>
    [390, 1280].flatMap((width) =>
      (['light', 'dark'] as const).map((scheme) => ({ name, report, width, scheme })),
    ),
  ),
)(
  'the $name report, $width px, $scheme: no trouble, no request, no sideways scrolling',
  async ({ name, report, width, scheme }) => {
    const { page, troubles, requests } = await opened(report, width, scheme);
    await page.screenshot({ path: `${SCREENSHOTS}/${name}-${width}-${scheme}.png` });
    await openAll(page);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    // every arrow and label is within the page
    const edges = await page.evaluate<[number, number]>(
      `[...document.querySelectorAll('.diagram *')].map((e) => e.getBoundingClientRect())
        .reduce(([left, right], e) => [Math.min(left, e.left), Math.max(right, e.right)], [0, 0])`,
    );
    expect(edges[0]).toBe(0);
    expect(edges[1]).toBeLessThanOrEqual(width);
    expect({ troubles, requests }).toEqual({ troubles: [], requests: [] });
    await page.close();
  },
  BROWSER_PATIENCE_MS,
);

inChromium('failed rules are open, and a fault is told by more than its colour', async () => {
  const { page } = await opened(mixedReport);
  const rules = page.locator('.rule');
  expect(await rules.evaluateAll((all) => all.map((one) => one.hasAttribute('open')))).toEqual([
    false,
    true,
    false,
    false,
  ]);
  const faults = rules.nth(1).locator('.diagram .fault');
  expect(await faults.locator('.label').allTextContents()).toEqual([
    '10  ✕ fault: reply lost, socket cut',
    '13  ✕ fault: clock set 4 minutes ahead',
  ]);
  expect(await faults.locator('.cross').count()).toBe(2);
  const diagram = rules.nth(1).getByRole('img');
  expect(await diagram.getAttribute('aria-label')).toContain('same-verdict-again, 14 messages, 2 faults');
  // the mark in the strip leads into a rule that is still closed
  await page.getByRole('link', { name: 'resync: not shown' }).click();
  await page.getByText('No resync came about within 60 s.').waitFor({ state: 'visible' });
  await page.close();
});

inChromium('a body is shown as it passed', async () => {
  const { page } = await opened(mixedReport);
  const rule = page.locator('.rule').nth(1);
  await rule.getByText('as text with what they carried').click();
  await rule.getByText('body', { exact: true }).first().click();
  expect(await rule.locator('pre').first().innerText()).toBe('{"ticker":"AAPL","quantity":"111"}');
  await page.close();
});

inChromium('hostile words are text and nothing else', async () => {
  const { page } = await opened(hostileReport);
  await openAll(page);
  expect(await page.locator('script, img, [onload], [onerror]').count()).toBe(0);
  expect(await page.title()).toBe(`6 of 6 rules broken – certification of ${HOSTILE[0]}`);
  expect(await page.locator('.rule h3').allTextContents()).toEqual([
    ...HOSTILE.slice(0, 4),
    'lone \\ud800 and \\udfff, NUL \\u0000, escape \\u001b[31m, bell \\u0007, right to left \\u202e, no sign \\uffff',
    `${'x'.repeat(500)}…`,
  ]);
  expect(await page.locator('.rule').count()).toBe(HOSTILE.length);
  await page.close();
});

inChromium('on paper everything is open', async () => {
  const { page } = await opened(mixedReport);
  await page.emulateMedia({ media: 'print' });
  expect(await page.getByText('{"status":"accepted"}').first().isVisible()).toBe(true);
  await page.close();
});

async function opened(report: CertificationReport, width = 1280, colorScheme: 'light' | 'dark' = 'light') {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const troubles: string[] = [];
  const requests: string[] = [];
  const file = join(folder, 'report.html');
  writeFileSync(file, htmlReport(report));
  const url = pathToFileURL(file).href;
  page.on('pageerror', ({ message }) => troubles.push(message));
  page.on('console', (message) => troubles.push(message.text()));
  page.on('request', (request) => {
    const asked = request.url();
    if (asked !== url && asked !== 'data:,') requests.push(asked);
  });
  await page.goto(url);
  return { page, troubles, requests };
}

async function openAll(page: Page): Promise<void> {
  await page.locator('details').evaluateAll((all) => all.forEach((one) => one.setAttribute('open', '')));
}
