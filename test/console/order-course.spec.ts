import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { BROWSER_PATIENCE_MS, hasBrowser } from '../support/browser.js';
import { consolePages } from '../support/console-page.js';
import { makeDue } from '../support/database.js';
import { askedOrder, lockedOrder, succeeded } from '../support/handshake.js';
import { startService, type TestService } from '../support/service.js';
import { until } from '../support/until.js';

/** How the console draws an order's course, and what it shows of each call and push. */
jest.setTimeout(BROWSER_PATIENCE_MS);

const inBrowser = hasBrowser ? test : test.skip;

let service: TestService;
const open = consolePages(() => service.url);
beforeAll(async () => {
  if (hasBrowser) service = await startService({ WORKER: 'inline' });
}, BROWSER_PATIENCE_MS);
afterAll(() => service?.stop());

/** What a line for the shell prints. */
async function run(line: string, env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const { stdout } = await promisify(execFile)('sh', ['-c', line], {
    env: { PATH: process.env.PATH, ...env },
  });
  return JSON.parse(stdout);
}

inBrowser('a maker asks to cancel, and sees each step of it', async () => {
  const { taker, maker, hash } = await lockedOrder(service);
  const at = await open();
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
  succeeded(await maker.cancel(hash, { reason: 'changed my mind' }), 202);
  succeeded(await taker.unlock(hash), 200);
  await until(async () => (await at.steps()).length === 13, 'the unlock in the diagram');
  expect((await at.steps()).slice(-3).toSorted()).toEqual([
    'Lockstep to Maker: cancellation update accepted',
    'Lockstep to Maker: order status change locked → cancelled',
    'Taker to Lockstep: unlock',
  ]);
  // what the first request gave as reason, a maker's history does not tell, nor the order that has the second by now
  expect((await at.steps()).filter((step) => step.startsWith('Maker to Lockstep: cancel'))).toEqual([
    'Maker to Lockstep: cancel',
    'Maker to Lockstep: cancel changed my mind',
  ]);
  await at.part(/AAPL/).getByText('cancel-result: no').click();
  const line = await at.part(/AAPL/).getByLabel('As curl, by the history').innerText();
  expect(line).toContain(`"taker_address":"${taker.address}"`);
  expect(at.troubles).toEqual([]);
});

inBrowser('a taker sees what was late, asked again and late once more', async () => {
  const { taker, maker, id, hash } = await askedOrder(service);
  const at = await open();
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
  await until(async () => (await at.steps()).includes('Taker to Lockstep: cancel-result: no'), 'the answer');
  expect((await at.steps()).filter((step) => step.startsWith('Lockstep: '))).toEqual([
    'Lockstep: no answer in time the order stays locked',
    'Lockstep: no answer in time the order stays locked',
  ]);
  expect((await maker.order(hash)).cancellation.late).toBe(true);
});

inBrowser('a call is copied as curl, with the key only when asked, and the line does the same', async () => {
  const { taker, hash } = await lockedOrder(service);
  const at = await open();
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
  const data = { success: true, message: 'Order unlocked successfully', order_hash: hash };
  expect(await run(line, { LOCKSTEP_API_KEY: taker.apiKey })).toEqual({ code: 0, data });
  await live.getByLabel('with my key in it').check();
  succeeded(await taker.lock(hash), 200);
  expect(await run(await live.getByLabel('As curl', { exact: true }).innerText())).toEqual({ code: 0, data });
});

inBrowser('an arrow opens, and shows the very frame that was pushed', async () => {
  const taker = await service.newTaker();
  const socket = await taker.socket();
  const { hash } = await askedOrder(service, { taker });
  const frame = await socket.hearAbout('cancellation_request', hash);
  const at = await open();
  await at.signIn(taker.apiKey);
  await at.page.getByRole('article').getByRole('button', { name: /AAPL/ }).click();
  await at.part(/AAPL/).getByText('cancellation request').click();
  const { by, ...shown } = JSON.parse(
    await at.part(/AAPL/).getByLabel('Message', { exact: true }).innerText(),
  );
  expect({ by, shown }).toEqual({ by: 'maker', shown: frame });
  await socket.close();
});

/** Markup, quotes, a command for the shell, and a mark that turns the direction of writing. */
const MARKER = '/tmp/lockstep-console-was-here';
const HOSTILE = `</bdi><img src=x onerror=alert(1)> '"; $(touch ${MARKER}) \u202egnirts ${'W'.repeat(700)}`;

inBrowser(
  'what strangers say is words alone: on the page, in the frame, in the line for the shell',
  async () => {
    const [taker, maker] = [await service.newTaker(), await service.newMaker()];
    const { id, hash } = await lockedOrder(service, { taker, maker });
    succeeded(await maker.cancel(id, { reason: '<b>please</b> \u202eesaelp' }), 202);
    succeeded(await taker.answer(hash, false, { message: HOSTILE }), 200);
    const at = await open({ width: 390 });
    at.page.on('dialog', () => at.troubles.push('a dialog'));
    await at.signIn(taker.apiKey);
    await at.part('Orders').getByRole('button', { name: /AAPL/ }).first().click();
    await until(async () => (await at.steps()).length === 7, 'the diagram');
    expect((await at.steps()).at(-1)).toContain(HOSTILE);
    await at.part(/AAPL/).getByText('cancel-result: no').click();
    expect(await at.isTooWide()).toBe(false);
    await at.picture('hostile-words', { fullPage: true });
    const line = await at.part(/AAPL/).getByLabel('As curl, by the history').innerText();
    expect(line).toContain('\\u202egnirts');
    rmSync(MARKER, { force: true });
    expect(await run(line, { LOCKSTEP_API_KEY: taker.apiKey })).toMatchObject({ code: 0 });
    expect(existsSync(MARKER)).toBe(false);
    expect(at.troubles).toEqual([]);
  },
);

inBrowser(
  'a history of many pages is read to its end, then only what is new, and its newest part is shown',
  async () => {
    const { taker, hash } = await lockedOrder(service);
    const EXTENSIONS = 510; // a page has 500 events
    const extend = async (lock_duration: number) => succeeded(await taker.lock(hash, { lock_duration }), 200);
    for (let i = 1; i <= EXTENSIONS; i += 1) await extend(3_600 + 60 * i);
    const at = await open();
    await at.signIn(taker.apiKey);
    await at.part('Orders').getByRole('button', { name: /AAPL/ }).first().click();
    await at.part(/AAPL/).getByText('What came before is left out here').waitFor();
    const reads = () => at.asked.filter((url) => url.includes(`${hash}/events`));
    expect(reads()).toEqual([expect.stringMatching(/events$/), expect.stringMatching(/events\?after=/)]);
    expect((await at.steps()).length).toBe(2 * 300);
    await at.part(/AAPL/).getByText('lock again').last().click();
    await at.part(/AAPL/).getByText('Not told by the history: lock_duration').waitFor();
    succeeded(await taker.reject(hash, 'that is enough'), 200);
    await at.part(/AAPL/).locator('.facts').getByText('rejected').waitFor();
    await until(async () => (await at.steps()).at(-2)!.includes('that is enough'), 'the end in the diagram');
    expect(
      reads()
        .slice(2)
        .every((url) => url.includes('?after=')),
    ).toBe(true);
    expect((await at.steps()).length).toBe(2 * 300);
  },
);
