import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTaker, type LockstepError } from '#client';
import { AcceptedKeys, ApiKeysService } from '#trading';
import { call } from './support/http.js';
import { startService, type TestService, testSettings } from './support/service.js';
import { tokenFor } from './support/tokens.js';

/** JWT_SECRET and MASTER_KEY with a newer secret before the one that was alone. */
const OLD = {
  JWT_SECRET: 'the-older-secret-of-all-the-tokens',
  MASTER_KEY: 'the-older-key-of-all-the-api-secrets',
};
const NEW = {
  JWT_SECRET: 'a-newer-secret-of-the-tokens-to-come',
  MASTER_KEY: 'a-newer-key-of-api-secrets-to-come',
};
const GONE = 'a-secret-that-was-taken-out-long-ago';

let service: TestService;
beforeAll(async () => {
  service = await startService({
    JWT_SECRET: `${NEW.JWT_SECRET},${OLD.JWT_SECRET}`,
    MASTER_KEY: `${NEW.MASTER_KEY}, ${OLD.MASTER_KEY}`,
  });
});
afterAll(() => service.stop());

describe('tokens', () => {
  const profile = (token: string) =>
    call('GET', `${service.url}/api/v1/orders`, { headers: { authorization: `Bearer ${token}` } });
  const WALLET = `0x${'7c'.repeat(20)}`;
  const signedWith = (secret: string) => tokenFor(service, WALLET, {}, { secret });

  test('of either secret are taken, of another not', async () => {
    expect((await profile(await signedWith(NEW.JWT_SECRET))).status).toBe(200);
    expect((await profile(await signedWith(OLD.JWT_SECRET))).status).toBe(200);
    for (const secret of [GONE, `${NEW.JWT_SECRET},${OLD.JWT_SECRET}`])
      expect((await profile(await signedWith(secret))).status).toBe(401);
  });

  test('are issued with the first', async () => {
    const { token } = await service.newMaker();
    const again = await tokenFor(service, WALLET, JSON.parse(atob(token.split('.')[1]!)), {
      secret: NEW.JWT_SECRET,
    });
    expect(again).toBe(token);
  });
});

describe("keys' secrets", () => {
  /** The keys of a deployment with this MASTER_KEY on the same database. */
  const keysWith = (MASTER_KEY: string) =>
    new ApiKeysService(service.dataSource, testSettings({ MASTER_KEY }));
  const signedCall = ({ apiKey, apiSecret }: { apiKey: string; apiSecret: string }): Promise<number> =>
    createTaker({ url: service.url, apiKey, apiSecret, address: `0x${'7d'.repeat(20)}` })
      .orders()
      .then(
        () => 200,
        ({ status }: LockstepError) => status,
      );

  test('of either master key are taken until the key is rotated; new ones are of the first', async () => {
    const { takerId } = await service.newTaker();
    const old = await keysWith(OLD.MASTER_KEY).create(takerId, { requireSignature: true });
    expect(await signedCall(old)).toBe(200);
    expect(await signedCall(await keysWith(GONE).create(takerId))).toBe(401);
    const rotated = await service.app.get(ApiKeysService).rotate(old.keyId, 3600);
    expect([await signedCall(old), await signedCall(rotated)]).toEqual([200, 200]);
    const { dataSource } = service;
    const alone = await new AcceptedKeys(
      dataSource,
      testSettings({ MASTER_KEY: NEW.MASTER_KEY }),
    ).authenticate(rotated.apiKey);
    expect(alone).toMatchObject({ secrets: [rotated.apiSecret] });
  });
});
