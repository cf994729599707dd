import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiKeysService } from '#trading';
import type { Browser, Page } from 'playwright-core';
import { generatePrivateKey } from 'viem/accounts';
import { giveWallet } from './support/browser-wallet.js';
import { hasBrowser, launchBrowser } from './support/browser.js';
import { InstalledClient, README, sample } from './support/installed-client.js';
import { runtimes } from './support/runtimes.js';
import { ServiceProcess } from './support/service-process.js';
import { startService, type TestService } from './support/service.js';
import { TroubledProxy } from './support/troubled-proxy.js';
import { until } from './support/until.js';

/** The client as others install it, in whatever runs it: its programs, and those of its README. */
const PATIENCE_MS = 120_000;
/** Where the pages come from: not the service's origin, and not https. */
const PAGES = 'http://app.example';

let service: TestService;
let client: InstalledClient;
beforeAll(async () => {
  [service, client] = await Promise.all([startService({ ALLOWED_ORIGINS: PAGES }), InstalledClient.unpack()]);
  await client.compilePrograms();
}, PATIENCE_MS);
afterAll(async () => {
  await service.stop();
  client.remove();
});

/** What the README's maker says when its taker gave the order up. */
const COURSE = [
  'cancellation accepted: Not traded yet',
  'cancellation requested: null',
  'order locked → cancelled',
  'order null → pending',
  'order pending → locked',
];

test('the types are those of the committed openapi.json', () => {
  execFileSync('npm', ['run', '--silent', 'postopenapi', '--', '--check'], { stdio: 'pipe' });
});

test('the package holds what is compiled, its types, README and licence, and nothing else; the README names its file', () => {
  const isCompiled = (file: string) => /^package\/dist\/(esm|commonjs)\/[\w-]+\.(js|d\.ts)$/.test(file);
  expect(client.files.filter((file) => !isCompiled(file)).toSorted()).toEqual([
    'package/LICENSE',
    'package/README.md',
    'package/dist/commonjs/package.json',
    'package/package.json',
  ]);
  expect(README).toContain(`/${client.tarball}\n`);
});

test(
  "the README's taker and maker shake hands, and the taker has 15 lines",
  async () => {
    const lines = sample('taker').split('\n');
    expect(lines.filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(15);

    const run = (program: string, ...args: string[]) =>
      ServiceProcess.launch({}, [process.execPath, client.path(program), ...args]);
    const { apiKey, apiSecret, address } = await service.newTaker();
    const proxy = await TroubledProxy.before(service.url);
    const taker = run('taker.js', proxy.url, apiKey, apiSecret, address);
    await until(() => proxy.opened > 0, 'the taker to listen');
    const maker = run('maker.js', service.url, generatePrivateKey());
    expect([await maker.end(), maker.stderr]).toEqual([0, '']);
    await taker.stop();
    await proxy.stop();
    expect(taker.stderr).toBe('');
    expect(maker.stdout.trim().split('\n').toSorted()).toEqual(COURSE);
  },
  PATIENCE_MS,
);

describe('a maker and a taker of one program', () => {
  /** The key demands signatures. */
  async function shakeHands(command: string[]): Promise<unknown> {
    const { takerId, address } = await service.newTaker();
    const keys = new ApiKeysService(service.dataSource, service.settings);
    const { apiKey, apiSecret } = await keys.create(takerId, { requireSignature: true });
    const environment = { DENO_DIR: client.path('deno'), DENO_NO_UPDATE_CHECK: '1' };
    const args = [service.url, apiKey, apiSecret, address];
    const program = ServiceProcess.launch(environment, [...command, ...args]);
    const code = await program.end();
    return { code, stderr: program.stderr, stdout: program.stdout };
  }

  test(
    'shake hands as an ES module in every runtime, and as CommonJS',
    async () => {
      const commands: [string, string[]][] = runtimes().map(({ name, command }) => [
        name,
        [...command, client.path('handshake.js')],
      ]);
      commands.push(['CommonJS', [process.execPath, client.path('commonjs/handshake.js')]]);
      const ends = await Promise.all(
        commands.map(async ([name, command]) => [name, await shakeHands(command)] as const),
      );
      const told = [
        'accepted Not traded yet: Second thoughts',
        'cancelled',
        'locked',
        'pending',
        'requested null',
      ];
      const stdout = `${JSON.stringify({ told, refused: 10010009 })}\n`;
      const expected = commands.map(([name]) => [name, { code: 0, stderr: '', stdout }]);
      expect(ends).toEqual(expected);
    },
    PATIENCE_MS,
  );
});

(hasBrowser ? describe : describe.skip)('in a browser', () => {
  let browser: Browser;
  let proxy: TroubledProxy;
  beforeAll(async () => {
    const rest = sample('maker');
    const page = sample('page').replace('https://desk.example', service.url);
    client.write('page/page.ts', page + rest.slice(rest.indexOf('const session')));
    client.write('page/index.html', '<script type="module" src="./page.ts"></script>');
    proxy = await TroubledProxy.before(service.url);
    // pages of a public address may not call this machine
    browser = await launchBrowser('--disable-features=LocalNetworkAccessChecks');
    await Promise.all([bundleMaker(), checkTypes()]);
  }, PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await proxy?.stop();
  });

  async function bundleMaker(): Promise<void> {
    const complaints = await client.run('vite', 'build', 'page', '--logLevel', 'warn');
    expect(complaints).toBe('');
  }

  async function bundleTaker(...args: string[]): Promise<void> {
    const given = `--define:process.argv=${JSON.stringify(['', '', ...args])}`;
    await client.run('esbuild', 'taker.ts', '--bundle', '--format=esm', '--outfile=taker/taker.mjs', given);
    client.write('taker/index.html', '<script type="module" src="taker.mjs"></script>');
  }

  /** As in a project that knows nothing of Node. */
  function checkTypes(): Promise<void> {
    const options = '--module esnext --moduleResolution bundler --lib es2023,dom --noEmit';
    return client.compile(...options.split(' '), 'page/page.ts');
  }

  /** A page of what was bundled into a folder, and what it says. */
  async function open(folder: string): Promise<{ page: Page; said: string[] }> {
    const page = await browser.newPage();
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', ({ message }) => said.push(message));
    await page.route(`${PAGES}/**`, async (route) => {
      const { pathname } = new URL(route.request().url());
      await route.fulfill({ path: client.path(folder, pathname.replace(/\/$/, '/index.html')) });
    });
    return { page, said };
  }

  test(
    'a maker signs with its wallet, though its clock is off, and shakes hands with a taker of three connections',
    async () => {
      const { apiKey, apiSecret, address } = await service.newTaker();
      await bundleTaker(proxy.url, apiKey, apiSecret, address);
      const taker = await open('taker');
      await taker.page.clock.install();
      await taker.page.goto(`${PAGES}/`);
      await until(() => proxy.opened === 1, 'the taker to listen');
      proxy.dropSockets();
      await until(() => proxy.opened === 2, 'another connection');
      const other = await service.newMaker();
      const { id } = await other.place();
      await until(async () => (await other.order(id)).status === 'locked', 'the taker to listen again');
      proxy.freezeSockets();
      await taker.page.clock.fastForward(70_000); // more than two heartbeats
      await until(() => proxy.opened === 3, 'the taker to listen once more');

      const maker = await open('page/dist');
      await giveWallet(maker.page);
      await maker.page.addInitScript('const now = Date.now.bind(Date); Date.now = () => now() + 3_600_000;');
      await maker.page.goto(`${PAGES}/`);
      const refused = 'Failed to load resource: the server responded with a status of 400 (Bad Request)';
      await until(() => maker.said.length > COURSE.length, 'the end of the order').catch(() => {});
      expect(maker.said.toSorted()).toEqual([refused, ...COURSE]);
      expect(taker.said).toEqual([
        expect.stringContaining('the socket closed: 1006'),
        expect.stringContaining('the socket fell silent'),
      ]);
      for (const { page } of [taker, maker]) await page.close();
    },
    PATIENCE_MS,
  );

  test(
    'a taker is told that its key is refused',
    async () => {
      await bundleTaker(service.url, 'lk_none', 'secret', `0x${'1'.repeat(40)}`);
      const { page, said } = await open('taker');
      await page.goto(`${PAGES}/`);
      await until(() => said.includes('API key not found'), 'the refusal').catch(() => {});
      expect(said).toContain('API key not found');
      await page.close();
    },
    PATIENCE_MS,
  );
});
