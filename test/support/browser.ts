import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Pages as people use them, in Debian's Chromium. In CI it must be there. */
const CHROMIUM = '/usr/bin/chromium';
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
export const BROWSER_PATIENCE_MS = 120_000;

export const hasBrowser = existsSync(CHROMIUM) || process.env.CI === 'true';
if (!hasBrowser) console.warn(`skipped: tests of pages need ${CHROMIUM} (Debian: apt-get install chromium)`);

export function launchBrowser(...more: string[]): Promise<Browser> {
  // root, as CI is, cannot have Chromium's sandbox, and containers have little /dev/shm
  const args = [
    '--no-sandbox',
    '--disable-dev-shm-usage',
    '--disable-gpu',
    '--disable-background-networking',
    ...more,
  ];
  return chromium.launch({ executablePath: CHROMIUM, args });
}

/** What goes wrong on a page: errors of its scripts, what its policy forbids, and answers that refuse. */
export function troublesOf(page: Page): string[] {
  const troubles: string[] = [];
  page.on('pageerror', ({ message }) => troubles.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(message.text());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`${response.status()} ${response.url()}`);
  });
  return troubles;
}

/** What a page leaves behind in its browser, as text. */
export function keptBy(page: Page): Promise<string> {
  return page.evaluate<string>(
    '[JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, location.href].join()',
  );
}

/** What axe finds wrong with the page as it is now. */
export async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(AXE, 'utf8'));
  const { violations } = await page.evaluate<{
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
  }>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

/** Whether anything makes the whole page scroll sideways. */
export const isTooWide = (page: Page): Promise<boolean> =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth');
