import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MakersService } from '#trading';
import { MakerTokens } from '../src/auth/maker-tokens.service.js';
import { loginOf, type MakerClient } from './support/clients.js';
import { call } from './support/http.js';
import { expectRefusal, type Refusal } from './support/refused.js';
import { startService, type TestService } from './support/service.js';
import { tokenFor } from './support/tokens.js';
import { until } from './support/until.js';

/** A wallet's tokens end when it says so. */
const WITHIN_MS = 5_000;
const POLICY_VIOLATION = 1008;
const TOKEN_EXPIRED: Refusal = { status: 401, code: 401, message: 'Token expired' };

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const withToken = (token: string) =>
  call('GET', `${service.url}/api/v1/makers/profiles`, { headers: { authorization: `Bearer ${token}` } });
async function logInAgain({ wallet }: MakerClient): Promise<string> {
  const json = await loginOf(wallet, service.settings.EIP712_CHAIN_ID);
  return (await call('POST', `${service.url}/api/v1/makers/connect`, { json })).body.data.jwt;
}

describe('POST makers/logout', () => {
  test('ends every token of the wallet within 5 s, and closes its sockets with 1008', async () => {
    const maker = await service.newMaker();
    const tokens = [maker.token, await logInAgain(maker)];
    const sockets = [await maker.socket(), await maker.socket()];
    const other = await service.newMaker();
    const otherSocket = await other.socket();
    const { status, body } = await maker.call('POST', '/makers/logout');
    const loggedOut = performance.now();
    expect({ status, body }).toEqual({
      status: 200,
      body: { code: 0, data: { success: true, message: 'Logged out successfully' } },
    });
    const fresh = await logInAgain(maker);
    expect((await withToken(fresh)).status).toBe(200);
    for (const token of tokens) {
      await until(async () => (await withToken(token)).status === 401, 'the token to be refused');
      expectRefusal(await withToken(token), TOKEN_EXPIRED, 'the wallet was logged out; log in again');
    }
    await until(() => sockets.every(({ closeCode }) => closeCode !== undefined), 'the sockets to be closed');
    expect(performance.now() - loggedOut).toBeLessThan(WITHIN_MS);
    expect(sockets.map(({ closeCode }) => closeCode)).toEqual([POLICY_VIOLATION, POLICY_VIOLATION]);
    expect((await withToken(fresh)).status).toBe(200);
    expect((await withToken(other.token)).status).toBe(200);
    expect(otherSocket.closeCode).toBeUndefined();
    await otherSocket.close();
  });

  test('may be said again with a later token, and leaves orders as they are', async () => {
    const maker = await service.newMaker();
    const { id } = await maker.place();
    for (let round = 1; round <= 3; round += 1) {
      const token = await logInAgain(maker);
      const headers = { authorization: `Bearer ${token}` };
      const url = `${service.url}/api/v1`;
      expect((await call('GET', `${url}/orders/${id}`, { headers })).body.data.status).toBe('pending');
      expect((await call('POST', `${url}/makers/logout`, { headers })).status).toBe(200);
      await until(async () => (await withToken(token)).status === 401, 'the token to be refused');
    }
  });

  test('takes an empty body of any kind, and no field', async () => {
    const maker = await service.newMaker();
    expect((await maker.call('POST', '/makers/logout', { json: {} })).status).toBe(200);
  });

  test('a socket that an ended token opens while it is still believed is closed too', async () => {
    const maker = await service.newMaker();
    await maker.call('GET', '/makers/profiles');
    await service.app.get(MakersService).logOut(maker.address);
    const sockets: { closeCode: number | undefined }[] = [];
    await until(
      () =>
        maker.socket().then(
          (socket) => sockets.push(socket) > 15,
          () => true,
        ),
      'the token to be refused',
    );
    await until(() => sockets.every(({ closeCode }) => closeCode !== undefined), 'the sockets to be closed');
    expect(new Set([POLICY_VIOLATION, ...sockets.map(({ closeCode }) => closeCode)]).size).toBe(1);
  });
});

describe('a token of the version before, which names no installation and no generation,', () => {
  const WALLET = `0x${'7b'.repeat(20)}`;
  const old = () => tokenFor(service, WALLET, { aud: undefined, generation: undefined });
  /** As an instance finds it at its start. */
  async function asFound(namelessTokensUntil: string | null): Promise<MakerTokens> {
    await service.dataSource.query(
      `UPDATE installation SET nameless_tokens_until = clock_timestamp() + $1::interval`,
      [namelessTokensUntil],
    );
    const tokens = new MakerTokens(service.settings, new MakersService(service.dataSource));
    await tokens.onModuleInit();
    return tokens;
  }

  test('is taken where it was issued while such a version might run', async () => {
    const tokens = await asFound('1 hour');
    expect(await tokens.holderOf(await old())).toMatchObject({ wallet: WALLET, generation: 0 });
  });

  test.each([['-1 hour'], [null]])(
    'is refused when it was issued later, or never could be (%s)',
    async (end) => {
      const tokens = await asFound(end);
      await expect(tokens.holderOf(await old())).rejects.toMatchObject({
        error: 'TOKEN_INVALID',
        details: 'the token was issued by another installation',
      });
    },
  );

  test('ends by a log-out as any other', async () => {
    const tokens = await asFound('1 hour');
    await service.app.get(MakersService).logOut(WALLET);
    await expect(tokens.holderOf(await old())).rejects.toMatchObject({ error: 'TOKEN_EXPIRED' });
  });
});
