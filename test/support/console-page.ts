import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import {
  BROWSER_PATIENCE_MS,
  faultsOf,
  hasBrowser,
  isTooWide,
  launchBrowser,
  troublesOf,
} from './browser.js';

interface Look {
  width?: number;
  height?: number;
}

/** One browser for a file's tests; what is returned opens pages, which are closed after the test. */
export function consolePages(serviceUrl: () => string): (look?: Look, url?: string) => Promise<ConsolePage> {
  let browser: Promise<Browser> | undefined;
  const opened: ConsolePage[] = [];
  beforeAll(() => {
    // it starts while the service does
    if (hasBrowser) browser = launchBrowser();
    browser?.catch(() => {}); // said when it is used
  });
  afterEach(async () => {
    for (const page of opened.splice(0)) await page.close();
  });
  afterAll(async () => (await browser)?.close(), BROWSER_PATIENCE_MS);
  return async (look, url = serviceUrl()) => {
    const page = await ConsolePage.open(await browser!, url, look);
    opened.push(page);
    return page;
  };
}

/** The console in a browser of its own, as its user handles it. */
export class ConsolePage {
  private constructor(
    readonly url: string,
    readonly context: BrowserContext,
    readonly page: Page,
    readonly troubles: string[],
    /** All that the page asks for, sockets too. */
    readonly asked: string[],
  ) {}

  static async open(browser: Browser, url: string, look: Look = {}) {
    const { width = 1280, height = width < 500 ? 844 : 900 } = look;
    const context = await browser.newContext({
      viewport: { width, height },
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const page = await context.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('websocket', (socket) => asked.push(socket.url()));
    return new ConsolePage(url, context, page, troublesOf(page), asked);
  }

  async visit(fragment = ''): Promise<void> {
    await this.page.goto(`${this.url}/console/${fragment}`);
  }

  async signIn(secret: string): Promise<void> {
    await this.enter(secret);
    await this.connection('Live').waitFor();
  }

  /** Whatever becomes of it. */
  async enter(secret: string): Promise<void> {
    await this.visit();
    await this.give(secret);
  }

  async give(secret: string): Promise<void> {
    await this.page.getByLabel('API key, or a maker’s token').fill(secret);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  }

  /** Before the page is visited: the browser's clock is an hour ahead, and can be set while the page is open. */
  async withWrongClock(): Promise<void> {
    await this.page.addInitScript(`
      let wrongBy = 3_600_000;
      const [now, { timeOrigin }] = [Date.now.bind(Date), performance];
      Date.now = () => now() + wrongBy;
      Object.defineProperty(performance, 'timeOrigin', { value: timeOrigin + wrongBy });
      window.setWrong = (milliseconds) => (wrongBy = milliseconds);
    `);
  }

  setClock(wrongByMs: number): Promise<void> {
    return this.page.evaluate(`setWrong(${wrongByMs})`);
  }

  /** While the page is open: what it measures time with goes on elsewhere, as after a sleep. */
  jump(milliseconds: number): Promise<void> {
    return this.page.evaluate(`{
      const now = performance.now.bind(performance);
      performance.now = () => now() + ${milliseconds};
    }`);
  }

  connection(state: string | RegExp): Locator {
    return this.page.getByRole('banner').getByRole('status').filter({ hasText: state });
  }

  /** A part of the page, by its heading. */
  part(name: string | RegExp): Locator {
    return this.page.getByRole('region', { name });
  }

  /** The diagram's arrows, as a screen reader says them, without their times. */
  async steps(): Promise<string[]> {
    const texts = await this.page
      .getByRole('list', { name: 'What happened, in order' })
      .locator('.arrow')
      .allTextContents();
    return texts.map((text) => text.replaceAll(/\s+/g, ' ').trim());
  }

  async picture(name: string, options: { fullPage?: boolean } = {}): Promise<void> {
    await this.page.screenshot({ ...options, path: `artifacts/console-${name}.png` });
  }

  faults(): Promise<string[]> {
    return faultsOf(this.page);
  }

  isTooWide(): Promise<boolean> {
    return isTooWide(this.page);
  }

  expectOwnOriginAlone(): void {
    const hosts = new Set(this.asked.map((url) => new URL(url).host));
    expect([...hosts]).toEqual([new URL(this.url).host]);
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
