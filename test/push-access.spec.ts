import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { databaseNow } from '#database';
import { ApiKeysService } from '#trading';
import type { TakerClient } from './support/clients.js';
import { startService, type TestService } from './support/service.js';
import { Socket } from './support/socket.js';
import { tokenFor } from './support/tokens.js';
import { until } from './support/until.js';

/** Sockets live no longer than what they were opened with. */
const REVOCATION_MS = 5_000;
const POLICY_VIOLATION = 1008;

let service: TestService;
let taker: TakerClient;
let keys: ApiKeysService;
beforeAll(async () => {
  service = await startService();
  taker = await service.newTaker();
  keys = new ApiKeysService(service.dataSource, service.settings);
});
afterAll(() => service.stop());

const open = ({ apiKey }: { apiKey: string }) =>
  Socket.open(`${service.url}/ws/taker/v1?types=order_status_change`, { headers: { 'x-api-key': apiKey } });

async function expectClosed(sockets: Socket[]): Promise<void> {
  await until(() => sockets.every(({ closeCode }) => closeCode !== undefined), 'the sockets to be closed');
  expect(sockets.map(({ closeCode }) => closeCode)).toEqual(sockets.map(() => POLICY_VIOLATION));
}

test('a revoked key loses its sockets within 5 s, also those opened while it was still believed', async () => {
  const revoked = await keys.create(taker.takerId);
  const before = [await open(revoked), await open(revoked)];
  const other = await open(taker);
  await keys.revoke(revoked.keyId);
  const revokedAt = performance.now();
  const sockets = [...before];
  await until(
    () =>
      open(revoked).then(
        (socket) => sockets.push(socket) > 15,
        () => true,
      ),
    'the key to be refused',
  );
  expect(sockets.length).toBeGreaterThan(before.length);
  await expectClosed(sockets);
  expect(performance.now() - revokedAt).toBeLessThan(REVOCATION_MS);
  expect(other.closeCode).toBeUndefined();
  await other.close();
});

test('a key that expires loses its sockets, not before', async () => {
  const expiring = await keys.create(taker.takerId, { validForSeconds: 2 });
  const socket = await open(expiring);
  await expectClosed([socket]);
  expect((await databaseNow(service.dataSource.manager)).getTime()).toBeGreaterThan(
    expiring.expiresAt!.getTime(),
  );
});

test('a rotated key loses its sockets at the end of its grace; those of the new one stay', async () => {
  const old = await keys.create(taker.takerId);
  const made = await keys.rotate(old.keyId, 2);
  const sockets = { old: await open(old), made: await open(made) };
  await expectClosed([sockets.old]);
  expect((await databaseNow(service.dataSource.manager)).getTime()).toBeGreaterThan(
    made.replaces.expiresAt.getTime(),
  );
  expect(sockets.made.closeCode).toBeUndefined();
  await sockets.made.close();
});

test("a maker's token that expires closes its socket, and not the one of a later token", async () => {
  const maker = await service.newMaker();
  const expiresAt = Math.floor(Date.now() / 1000) + 2;
  const token = await tokenFor(service, maker.address, { exp: expiresAt });
  const socket = await Socket.open(`${service.url}/ws/maker/v1?types=order_status_change`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const later = await maker.socket();
  await expectClosed([socket]);
  expect(Date.now()).toBeGreaterThanOrEqual(expiresAt * 1000);
  expect(later.closeCode).toBeUndefined();
  await later.close();
});

test('sockets stay while the keys cannot be read, and a revoked one goes as soon as they can', async () => {
  const { dataSource } = service;
  const key = await keys.create(taker.takerId);
  const socket = await open(key);
  await dataSource.transaction(async (manager) => {
    await manager.query('UPDATE api_keys SET revoked_at = clock_timestamp() WHERE id = $1', [key.keyId]);
    await manager.query('ALTER TABLE api_keys RENAME TO api_keys_away');
  });
  const failed = await rolledBack();
  await until(async () => (await rolledBack()) >= failed + 2, 'two checks to fail');
  expect(socket.closeCode).toBeUndefined();
  await dataSource.query('ALTER TABLE api_keys_away RENAME TO api_keys');
  await expectClosed([socket]);
});

async function rolledBack(): Promise<number> {
  const [row] = await service.dataSource.query(
    'SELECT xact_rollback::int AS count FROM pg_stat_database WHERE datname = current_database()',
  );
  return row.count;
}
