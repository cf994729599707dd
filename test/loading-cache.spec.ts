import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { AcceptedKeys, ApiKeysService, type Authentication } from '#trading';
import type { TakerClient } from './support/clients.js';
import { besideTransaction, isLockAwaited } from './support/other-transaction.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** Keys, as makers, are looked up seldom, and so that calls seldom wait for it. */
let service: TestService;
let taker: TakerClient;
beforeAll(async () => {
  service = await startService();
  taker = await service.newTaker();
});
afterAll(() => service.stop());

let keys: ApiKeysService;
let accepted: AcceptedKeys;
beforeEach(() => {
  accepted = new AcceptedKeys(service.dataSource, service.settings);
  keys = new ApiKeysService(service.dataSource, service.settings);
});

const newKey = async (): Promise<string> => (await keys.create(taker.takerId)).apiKey;
/** One object a look-up. */
const lookUpOf = (authentication: Authentication): unknown =>
  'key' in authentication ? authentication.key : undefined;

test('calls that come at once with a key that is not known share one look-up', async () => {
  const apiKey = await newKey();
  const all = await Promise.all(Array.from({ length: 20 }, () => accepted.authenticate(apiKey)));
  const lookUps = new Set(all.map(lookUpOf));
  expect(lookUps.size).toBe(1);
  expect(lookUps).not.toContain(undefined);
});

test('calls of a key in use go on while it is looked up again, and see what has become of it afterwards', async () => {
  const { keyId, apiKey } = await keys.create(taker.takerId);
  const before = lookUpOf(await accepted.authenticate(apiKey));
  expect(before).toBeDefined();
  await besideTransaction(service.dataSource, async (other) => {
    await other.query('LOCK TABLE api_keys');
    await until(async () => {
      expect(lookUpOf(await accepted.authenticate(apiKey))).toBe(before);
      return isLockAwaited(service.dataSource);
    }, 'its renewal');
    expect(lookUpOf(await accepted.authenticate(apiKey))).toBe(before);
    await other.query('UPDATE api_keys SET revoked_at = clock_timestamp() WHERE id = $1', [keyId]);
  });
  await until(async () => 'refused' in (await accepted.authenticate(apiKey)), 'the refusal');
});

test('keys in use are looked up again together', async () => {
  const [first, second] = [await newKey(), await newKey()];
  const look = async (apiKey: string) => lookUpOf(await accepted.authenticate(apiKey));
  const before = { first: await look(first), second: await look(second) };
  expect(await look(second)).toBe(before.second);
  await until(async () => (await look(first)) !== before.first, 'the renewal of the first');
  expect(await look(second)).not.toBe(before.second);
});
