import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ApiKeysService } from '#trading';
import type { Browser } from 'playwright-core';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { BROWSER_PATIENCE_MS, hasBrowser, keptBy, launchBrowser } from './support/browser.js';
import { ConsolePage } from './support/console-page.js';
import { makeDue } from './support/database.js';
import { ExternalService } from './support/external-service.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { Prefix } from './support/prefix.js';
import type { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';

/** The console as a taker's and a maker's developer use it, in Debian's Chromium. */
const inBrowser = hasBrowser ? test : test.skip;
jest.setTimeout(BROWSER_PATIENCE_MS);

let service: ExternalService;
let instance: ServiceProcess;
let browser: Browser;
let at: ConsolePage;
beforeAll(async () => {
  if (!hasBrowser) return;
  browser = await launchBrowser();
  service = await ExternalService.prepare();
  instance = await service.start({ WORKER: 'inline' });
}, BROWSER_PATIENCE_MS);
afterAll(async () => {
  if (!hasBrowser) return;
  await browser.close();
  await instance.stop();
  await service.drop();
});
afterEach(async () => {
  if (hasBrowser) await at.close();
});

const shots = (name: string) => ({ path: `artifacts/console-${name}.png` });

describe('a taker', () => {
  inBrowser(
    'signs in, sees an order come, locks it, is asked, answers, and sees the diagram grow',
    async () => {
      const [maker, taker] = [await service.newMaker(), await service.newTaker()];
      at = await ConsolePage.open(browser, service.url);
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
      await at.page.screenshot(shots('asked'));
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
      await at.page.screenshot(shots('cancelled'));
      expect(at.troubles).toEqual([]);
      at.expectOwnOriginAlone();
    },
  );

  inBrowser('does all of it with the keyboard', async () => {
    const { taker, maker, id } = await askedOrder(service);
    at = await ConsolePage.open(browser, service.url);
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
    at = await ConsolePage.open(browser, service.url);
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

  inBrowser('sees what was late, asked again and late once more', async () => {
    const { taker, maker, id, hash } = await askedOrder(service);
    at = await ConsolePage.open(browser, service.url);
    await at.signIn(taker.apiKey);
    const overdue = async (): Promise<void> => {
      await makeDue(service.dataSource, hash, 'request');
      await until(async () => (await maker.order(id)).cancellation.status === 'timed_out', 'the time-out');
    };
    await overdue();
    succeeded(await maker.cancel(id), 202);
    const question = at.page.getByRole('article');
    await question.getByRole('timer').waitFor();
    await overdue();
    await at.page.getByRole('article').getByRole('button', { name: /AAPL/ }).click();
    await question.getByRole('button', { name: 'No, I am trading' }).click();
    await until(
      async () => (await at.steps()).includes('Taker to Lockstep: cancel-result: no'),
      'the answer',
    );
    expect((await at.steps()).filter((step) => step.startsWith('Lockstep: '))).toEqual([
      'Lockstep: no answer in time the order stays locked',
      'Lockstep: no answer in time the order stays locked',
    ]);
    expect((await maker.order(hash)).cancellation.late).toBe(true);
  });

  inBrowser('reads what a verdict met that no longer counts', async () => {
    const { taker, placed } = await askedOrder(service);
    at = await ConsolePage.open(browser, service.url);
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

  inBrowser('copies its call as curl, with its key only when asked, and the line does the same', async () => {
    const { taker, hash } = await lockedOrder(service);
    at = await ConsolePage.open(browser, service.url);
    await at.signIn(taker.apiKey);
    await at.part('Orders').getByRole('button', { name: /AAPL/ }).first().click();
    await at.page.getByRole('button', { name: 'Unlock' }).click();
    const live = at.part('Live');
    await live.getByText('locked → pending').waitFor(); // a row that comes moves the others
    await live.getByText('orders/unlock').click();
    await live.getByRole('button', { name: 'Copy the call as curl' }).click();
    const line = await at.page.evaluate<string>('navigator.clipboard.readText()');
    expect(line).not.toContain(taker.apiKey);
    expect(line).toContain('"X-API-Key: $LOCKSTEP_API_KEY"');
    succeeded(await taker.lock(hash), 200);
    const run = (text: string, env: NodeJS.ProcessEnv = {}) =>
      JSON.parse(execFileSync('sh', ['-c', text], { env: { PATH: process.env.PATH, ...env } }).toString());
    const data = { success: true, message: 'Order unlocked successfully', order_hash: hash };
    expect(run(line, { LOCKSTEP_API_KEY: taker.apiKey })).toEqual({ code: 0, data });
    await live.getByLabel('with my key in it').check();
    succeeded(await taker.lock(hash), 200);
    expect(run(await live.getByLabel('As curl', { exact: true }).innerText())).toEqual({ code: 0, data });
  });

  inBrowser('opens an arrow and reads the very frame that was pushed', async () => {
    const taker = await service.newTaker();
    const socket = await taker.socket();
    const { hash } = await askedOrder(service, { taker });
    const frame = await socket.hearAbout('cancellation_request', hash);
    at = await ConsolePage.open(browser, service.url);
    await at.signIn(taker.apiKey);
    await at.page.getByRole('article').getByRole('button', { name: /AAPL/ }).click();
    await at.part(/AAPL/).getByText('cancellation request').click();
    const { by, ...shown } = JSON.parse(await at.part(/AAPL/).getByLabel('Message').innerText());
    expect({ by, shown }).toEqual({ by: 'maker', shown: frame });
    await socket.close();
  });

  inBrowser('is told what the sandbox plays, and starts it, where there is one', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    at = await ConsolePage.open(browser, service.url);
    const runs: object[] = [];
    await at.page.route('**/api/v1/config', async (route) => {
      const answer = await route.fetch();
      const { code, data } = await answer.json();
      await route.fulfill({ json: { code, data: { ...data, sandbox: true } } });
    });
    await at.page.route('**/sandbox/scenarios', async (route) => {
      if (route.request().method() === 'GET')
        return route.fulfill({ json: { code: 0, data: { scenarios: runs } } });
      expect(route.request().postDataJSON()).toEqual({ name: 'cancel-while-trading' });
      const { order_hash } = await maker.place({ ticker: 'PLAY' });
      const started_at = new Date().toISOString();
      const steps = [{ at: started_at, text: 'A maker has placed an order: lock it', order_hash }];
      runs.unshift({
        id: '1',
        name: 'cancel-while-trading',
        status: 'running',
        started_at,
        ended_at: null,
        steps,
      });
      return route.fulfill({ status: 202, json: { code: 0, data: runs[0] } });
    });
    await at.signIn(taker.apiKey);
    await at.part('Play a scenario').getByRole('button', { name: 'Start' }).click();
    await at.part('Play a scenario').getByText('A maker has placed an order').waitFor();
    // it is chosen by itself: what is to be done next stands beside it
    await at.part(/PLAY/).getByRole('button', { name: 'Lock', exact: true }).waitFor();
    expect(await at.faults()).toEqual([]);
    expect(at.troubles).toEqual([]);
  });
});

describe('a maker', () => {
  inBrowser('logs in with the browser’s wallet, asks to cancel, and reads the answer', async () => {
    const wallet = privateKeyToAccount(generatePrivateKey());
    at = await ConsolePage.open(browser, service.url);
    const asked: string[] = [];
    await at.page.exposeFunction('walletCall', async (method: string, params: string[]) => {
      asked.push(method);
      if (method === 'eth_requestAccounts') return [wallet.address.toLowerCase()];
      return wallet.signMessage({ message: { raw: params[0] as `0x${string}` } });
    });
    await at.page.addInitScript(`
      const provider = { request: ({ method, params }) => walletCall(method, params ?? []) };
      const detail = { info: { uuid: '1', name: 'Test Wallet', icon: '', rdns: 'test' }, provider };
      const announce = () => dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
      addEventListener('eip6963:requestProvider', announce);
    `);
    await at.visit();
    await at.page.getByRole('button', { name: 'Sign in with Test Wallet' }).click();
    await at.connection('Live').waitFor();
    expect(asked).toEqual(['eth_requestAccounts', 'personal_sign']);
    await at.part('Orders').getByText('You have placed no orders yet').waitFor();
    expect(at.troubles).toEqual([]);
    at.expectOwnOriginAlone();
  });

  inBrowser('signs in with a token, asks to cancel, and sees each step of it', async () => {
    const { taker, maker, hash } = await lockedOrder(service);
    at = await ConsolePage.open(browser, service.url);
    await at.signIn(maker.token);
    await at.part('Orders').getByRole('button', { name: /AAPL/ }).click();
    await at.page.getByRole('button', { name: 'Ask to cancel' }).click();
    await until(async () => (await at.steps()).length === 6, 'the request in the diagram');
    succeeded(await taker.answer(hash, false, { message: 'too late' }), 200);
    await until(async () => (await at.steps()).length === 8, 'the answer in the diagram');
    expect((await at.steps()).slice(4)).toEqual([
      'Maker to Lockstep: cancel user_requested',
      'Lockstep to Maker: cancellation update requested',
      'Taker to Lockstep: cancel-result: no too late',
      'Lockstep to Maker: cancellation update rejected, too late',
    ]);
    succeeded(await maker.cancel(hash), 202);
    succeeded(await taker.unlock(hash), 200);
    await until(async () => (await at.steps()).length === 13, 'the unlock in the diagram');
    expect((await at.steps()).slice(-3).toSorted()).toEqual([
      'Lockstep to Maker: cancellation update accepted',
      'Lockstep to Maker: order status change locked → cancelled',
      'Taker to Lockstep: unlock',
    ]);
    expect(at.troubles).toEqual([]);
  });
});

describe('keys and tokens', () => {
  inBrowser('come by a link, too, and are taken out of the address bar; nothing keeps them', async () => {
    const taker = await service.newTaker();
    at = await ConsolePage.open(browser, service.url);
    await at.visit(`#api_key=${taker.apiKey}&taker_address=${taker.address}`);
    await at.connection('Live').waitFor();
    expect(at.page.url()).toBe(`${service.url}/console/`);
    expect(await keptBy(at.page)).not.toContain(taker.apiKey);
    expect(at.asked.filter((url) => url.startsWith('http') && url.includes('lk_'))).toEqual([]);
    expect(await at.page.evaluate<number>('history.length')).toBeLessThanOrEqual(2);
    await at.page.reload();
    await at.page.getByLabel('API key, or a maker’s token').waitFor();
    expect(instance.stdout).not.toContain(taker.apiKey);
  });

  inBrowser.each([
    ['what is neither', 'my-key', 'This is neither an API key (lk_…) nor a maker’s token.'],
    ['an unknown key', `lk_${'0'.repeat(16)}_${'0'.repeat(64)}_00000000`, 'API key not found'],
    ['a foreign token', 'a.b.c', 'Invalid token'],
  ])('%s is refused in words', async (_, secret, words) => {
    at = await ConsolePage.open(browser, service.url);
    await at.visit();
    await at.page.getByLabel('API key, or a maker’s token').fill(secret);
    await at.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await at.page.getByRole('alert').filter({ hasText: words }).waitFor();
    expect(await at.faults()).toEqual([]);
  });

  inBrowser('that are revoked end the session, which says so', async () => {
    const taker = await service.newTaker();
    at = await ConsolePage.open(browser, service.url);
    await at.signIn(taker.apiKey);
    await new ApiKeysService(service.dataSource, service.settings).revoke(taker.keyId);
    await at.connection(/Ended: API key not found/).waitFor();
    await at.page.getByRole('button', { name: 'Sign out' }).click();
    await at.page.getByLabel('API key, or a maker’s token').waitFor();
  });
});

describe('the connection', () => {
  inBrowser('comes back after the service was away, with what was missed', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    at = await ConsolePage.open(browser, service.url);
    await at.signIn(taker.apiKey);
    await maker.place({ ticker: 'BEFORE' });
    await at.part('Orders').getByText('BEFORE').waitFor();
    await instance.stop();
    await at.connection('Not connected').waitFor();
    expect(await at.faults()).toEqual([]);
    await at.page.screenshot(shots('away'));
    instance = await service.start({ WORKER: 'inline' });
    await maker.place({ ticker: 'MEANWHILE' });
    await at.connection('Live').waitFor();
    await at.part('Orders').getByText('MEANWHILE').waitFor();
    expect(await at.part('Orders').getByText('BEFORE').count()).toBe(1);
  });

  inBrowser('may have a proxy in front that serves all under a prefix', async () => {
    const prefix = new Prefix(() => service.url);
    await prefix.start();
    at = await ConsolePage.open(browser, `${prefix.url}/lockstep`);
    await at.page.goto(`${at.url}/console`);
    await at.page.getByLabel('API key, or a maker’s token').waitFor();
    expect(at.asked.some((url) => url === `${at.url}/api/v1/config`)).toBe(true);
    expect(at.troubles).toEqual([]);
    prefix.stop();
  });
});

describe('how it looks', () => {
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
    at = await ConsolePage.open(browser, service.url, { colorScheme, width });
    await at.visit();
    await at.page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    expect(await at.faults()).toEqual([]);
    await at.page.screenshot({ ...shots(`sign-in-${colorScheme}-${width}`), fullPage: true });
    await at.signIn(taker.apiKey);
    await at
      .part('Orders')
      .getByRole('button', { name: new RegExp(hash.slice(0, 6)) })
      .click();
    await until(async () => (await at.steps()).length === 7, 'the diagram');
    await at.part(/AAPL/).getByText('cancel-result: no').click();
    expect(await at.isTooWide()).toBe(false);
    expect(await at.faults()).toEqual([]);
    await at.page.screenshot({ ...shots(`desk-${colorScheme}-${width}`), fullPage: true });
  });
});
