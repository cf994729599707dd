import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ApiKeysService } from '#trading';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { BROWSER_PATIENCE_MS, hasBrowser, keptBy } from '../support/browser.js';
import { type ConsolePage, consolePages } from '../support/console-page.js';
import { ExternalService } from '../support/external-service.js';
import { succeeded } from '../support/handshake.js';
import { call } from '../support/http.js';
import { Prefix } from '../support/prefix.js';
import type { ServiceProcess } from '../support/service-process.js';

/** Who is let in to the console, for how long, and what becomes of its connection. */
jest.setTimeout(BROWSER_PATIENCE_MS);

const inBrowser = hasBrowser ? test : test.skip;

let service: ExternalService;
let instance: ServiceProcess;
const open = consolePages(() => service.url);
beforeAll(async () => {
  if (!hasBrowser) return;
  service = await ExternalService.prepare();
  instance = await service.start({ WORKER: 'inline' });
}, BROWSER_PATIENCE_MS);
afterAll(async () => {
  await instance?.stop();
  await service?.drop();
});

describe('keys and tokens', () => {
  inBrowser('come by a link, too, and are taken out of the address bar; nothing keeps them', async () => {
    const taker = await service.newTaker();
    const at = await open();
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

  inBrowser('that are none, unknown or foreign are refused in words', async () => {
    const at = await open();
    await at.visit();
    for (const [secret, words] of [
      ['my-key', 'This is neither an API key (lk_…) nor a maker’s token.'],
      [`lk_${'0'.repeat(16)}_${'0'.repeat(64)}_00000000`, 'API key not found'],
      ['a.b.c', 'Invalid token'],
    ] as const) {
      await at.give(secret);
      await at.page.getByRole('alert').filter({ hasText: words }).waitFor();
    }
    expect(await at.faults()).toEqual([]);
  });

  inBrowser('of a link take nobody’s place without asking', async () => {
    const [taker, other] = [await service.newTaker(), await service.newTaker()];
    const at = await open();
    await at.signIn(taker.apiKey);
    const banner = at.page.getByRole('banner');
    const offer = at.part('A link to sign in');
    const follow = () =>
      at.page.evaluate(`location.hash = 'api_key=${other.apiKey}&taker_address=${other.address}'`);
    await follow();
    await offer.waitFor();
    expect(at.page.url()).toBe(`${service.url}/console/`);
    expect(await at.faults()).toEqual([]);
    await at.picture('link');
    await offer.getByRole('button', { name: 'Stay signed in' }).click();
    await offer.waitFor({ state: 'detached' });
    expect(await banner.textContent()).toContain(`key ${taker.apiKey.slice(0, 11)}`);
    await follow();
    await offer.getByRole('button', { name: `Sign in taker ${other.address.slice(0, 6)}` }).click();
    await banner.getByText(`taker ${other.address.slice(0, 6)}`).waitFor();
    await at.connection('Live').waitFor();
    expect(at.troubles).toEqual([]);
  });

  inBrowser('that are revoked end the session, which says so', async () => {
    const taker = await service.newTaker();
    const at = await open();
    await at.signIn(taker.apiKey);
    await new ApiKeysService(service.dataSource, service.settings).revoke(taker.keyId);
    await at.connection(/Ended: API key not found/).waitFor();
    await at.page.getByRole('button', { name: 'Sign out' }).click();
    await at.page.getByLabel('API key, or a maker’s token').waitFor();
  });
});

/** A wallet of the browser, which announces itself and does as it is told. */
async function giveWallet(
  { page }: ConsolePage,
  answer: (method: string, params: string[]) => Promise<unknown>,
): Promise<void> {
  await page.exposeFunction('walletCall', answer);
  await page.addInitScript(`
    const request = async ({ method, params }) => {
      const answer = await walletCall(method, params ?? []);
      if (answer?.code) throw answer; // as wallets do: an object that is no error
      return answer;
    };
    const detail = { info: { uuid: '1', name: 'Test Wallet', icon: '', rdns: 'test' }, provider: { request } };
    const announce = () => dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
    addEventListener('eip6963:requestProvider', announce);
  `);
}

describe('a wallet of the browser', () => {
  const wallet = privateKeyToAccount(generatePrivateKey());
  const signing = async (method: string, params: string[]): Promise<unknown> =>
    method === 'eth_requestAccounts'
      ? [wallet.address.toLowerCase()]
      : wallet.signMessage({ message: { raw: params[0] as `0x${string}` } });

  inBrowser(
    'signs a maker in, also where the browser’s clock is wrong; logging out elsewhere ends it',
    async () => {
      const at = await open();
      await at.withWrongClock();
      const asked: string[] = [];
      let token = '';
      at.page.on('websocket', (socket) => socket.on('close', () => asked.push('closed')));
      at.page.on('response', async (response) => {
        if (response.url().endsWith('/makers/connect')) token = (await response.json()).data.jwt;
      });
      await giveWallet(at, (method, params) => {
        asked.push(method);
        return signing(method, params);
      });
      await at.visit();
      await at.page.getByRole('button', { name: 'Sign in with Test Wallet' }).click();
      await at.connection('Live').waitFor();
      expect(asked).toEqual(['eth_requestAccounts', 'personal_sign']);
      await at.part('Orders').getByText('You have placed no orders yet').waitFor();
      expect(at.troubles).toEqual([]);
      at.expectOwnOriginAlone();
      const headers = { authorization: `Bearer ${token}` };
      succeeded(await call('POST', `${service.url}/api/v1/makers/logout`, { headers }), 200);
      await at.connection('Ended: ').waitFor();
    },
  );

  inBrowser('that refuses, cannot or signs with another key is told so, and asked again', async () => {
    const at = await open();
    const troubled: [answer: unknown, words: string][] = [
      [{ code: 4001, message: 'User rejected the request.' }, 'You refused it in your wallet.'],
      [{ code: -32603, message: 'locked' }, 'Your wallet says: locked'],
      [`0x${'11'.repeat(64)}1b`, 'Invalid signature'],
    ];
    const answers = troubled.map(([answer]) => answer);
    await giveWallet(at, async (method, params) =>
      method === 'personal_sign' && answers.length > 0 ? answers.shift() : signing(method, params),
    );
    await at.visit();
    const button = at.page.getByRole('button', { name: 'Sign in with Test Wallet' });
    for (const [, words] of troubled) {
      await button.click();
      await at.page.getByRole('alert').filter({ hasText: words }).waitFor();
    }
    await button.click();
    await at.connection('Live').waitFor();
  });
});

describe('the connection', () => {
  inBrowser('comes back after the service was away, with what was missed', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const at = await open();
    await at.signIn(taker.apiKey);
    await maker.place({ ticker: 'BEFORE' });
    await at.part('Orders').getByText('BEFORE').waitFor();
    await instance.stop();
    await at.connection('Not connected').waitFor();
    expect(await at.faults()).toEqual([]);
    await at.picture('away');
    instance = await service.start({ WORKER: 'inline' });
    await maker.place({ ticker: 'MEANWHILE' });
    await at.connection('Live').waitFor();
    await at.part('Orders').getByText('MEANWHILE').waitFor();
    expect(await at.part('Orders').getByText('BEFORE').count()).toBe(1);
  });

  const proxies: Prefix[] = [];
  afterEach(() => proxies.splice(0).forEach((proxy) => proxy.stop()));
  async function throughProxy(host?: string): Promise<ConsolePage> {
    const proxy = new Prefix(() => service.url, host);
    proxies.push(proxy);
    await proxy.start();
    return open({}, `${proxy.url}/lockstep`);
  }

  inBrowser('may go through a proxy that serves all under a prefix', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const at = await throughProxy();
    await at.page.goto(`${at.url}/console`);
    await at.page.getByLabel('API key, or a maker’s token').waitFor();
    expect(at.page.url()).toBe(`${at.url}/console/`);
    await at.signIn(taker.apiKey);
    await maker.place({ ticker: 'PREFIX' });
    await at.part('Live').getByText('new → pending').first().waitFor();
    await at.part('Orders').getByText('PREFIX').waitFor();
    expect(at.asked.map((url) => new URL(url).pathname)).toContain('/lockstep/ws/taker/v1');
    expect(at.asked.filter((url) => !new URL(url).pathname.startsWith('/lockstep/'))).toEqual([]);
    expect(at.troubles).toEqual([]);
  });

  inBrowser('does not come through a proxy that changes Host, which is said', async () => {
    const taker = await service.newTaker();
    const at = await throughProxy('lockstep.internal');
    await at.enter(taker.apiKey);
    await at.connection(`ALLOWED_ORIGINS must name ${new URL(at.url).origin}`).waitFor();
    expect(await at.connection('cannot be reached').count()).toBe(0);
    await at.picture('no-socket');
    expect(await at.faults()).toEqual([]);
  });
});
