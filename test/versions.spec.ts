import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '#database';
import { AdminTool } from './support/admin-tool.js';
import { type MakerClient, TakerClient } from './support/clients.js';
import { createTestDatabase } from './support/database.js';
import { earlierBuild, isEarlierKnown } from './support/earlier-version.js';
import { ExternalService } from './support/external-service.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { ServiceProcess } from './support/service-process.js';
import type { Socket } from './support/socket.js';
import { until } from './support/until.js';

/** Two versions on one database, while one is rolled out or back. */
const PATIENCE_MS = 120_000;

let service: ExternalService;

async function expectHandshakes(): Promise<void> {
  const cancelled = await askedOrder(service);
  succeeded(await cancelled.taker.answer(cancelled.hash, true), 200);
  const filled = await askedOrder(service);
  succeeded(await filled.taker.answer(filled.hash, false), 200);
  succeeded(await filled.taker.fill(filled.placed), 200);
  expect([await statusOf(cancelled), await statusOf(filled)]).toEqual(['cancelled', 'filled']);
}

/** Not by a call: the version before answers with fewer fields than are documented now. */
async function statusOf({ id }: { id: string }): Promise<unknown> {
  const [order] = await service.dataSource.query<[{ status: string }]>(
    'SELECT status FROM orders WHERE id = $1',
    [id],
  );
  return order.status;
}

/** This build is the old one: the newer one has expanded the schema by what it needs, as docs/operations.md asks of migrations. */
describe('this version beside a newer one', () => {
  const LATER = { timestamp: '9999999999999', name: 'Later9999999999999' };
  let running: ServiceProcess;
  beforeAll(async () => {
    service = await ExternalService.prepare();
    running = await service.start();
    await expectHandshakes(); // its connections have their statements parsed and planned from here on
    await service.dataSource.query(
      `ALTER TABLE orders ADD COLUMN later text, ADD COLUMN later_count integer NOT NULL DEFAULT 0;
     ALTER TABLE fills ADD COLUMN later text;
     ALTER TABLE order_events ADD COLUMN later text;
     CREATE TABLE later (id uuid PRIMARY KEY, order_id uuid REFERENCES orders)`,
    );
    await service.dataSource.query('INSERT INTO migrations (timestamp, name) VALUES ($1, $2)', [
      LATER.timestamp,
      LATER.name,
    ]);
  }, PATIENCE_MS);
  afterAll(() => service.drop());

  test(
    'the old version goes on when the schema is expanded under it',
    async () => {
      await expectHandshakes();
      expect(await running.stop()).toBe(0);
    },
    PATIENCE_MS,
  );

  test.each(['on', 'off'])(
    'the old version starts on the expanded schema, with MIGRATIONS=%s',
    async (MIGRATIONS) => {
      const instance = await service.start({ MIGRATIONS });
      await expectHandshakes();
      expect(await instance.stop()).toBe(0);
      expect(instance.stderr).toBe('');
    },
    PATIENCE_MS,
  );

  test(
    'and so do its worker and its tool, which leave the newer migration as it is',
    async () => {
      const worker = ServiceProcess.launch(
        { ...service.environment, MIGRATIONS: 'off', WORKER_METRICS_PORT: String(await freePort()) },
        [process.execPath, 'dist/apps/worker/src/main.js'],
      );
      await until(() => worker.stdout.includes('worker runs'), 'the worker', PATIENCE_MS);
      expect(await worker.stop()).toBe(0);
      const admin = new AdminTool(service.environment.DATABASE_URL!);
      expect(await admin.json('migrate')).toEqual({ applied: [] });
      const address = `0x${randomBytes(20).toString('hex')}`;
      await admin.json('taker', 'create', '--name', 'A broker', '--address', address);
      const rows = await service.dataSource.query(
        'SELECT timestamp, name FROM migrations ORDER BY id DESC LIMIT 1',
      );
      expect(rows).toEqual([LATER]);
    },
    PATIENCE_MS,
  );
});

/** The old one is the version before, built from the project's history, and this one is rolled out and back. */
(isEarlierKnown ? describe : describe.skip)('the version before beside this one', () => {
  let old: ServiceProcess;
  let elsewhere: { url: string };
  let maker: MakerClient;
  let taker: TakerClient;
  const start = {
    old: () => service.start({}, [process.execPath, `${earlierBuild()}/dist/src/main.js`]),
    new: () => service.start({ PORT: new URL(elsewhere.url).port }),
  };
  beforeAll(async () => {
    earlierBuild();
    const database = await createTestDatabase('template0');
    service = await ExternalService.on(database.url, database.drop);
    elsewhere = { url: `http://127.0.0.1:${await freePort()}` };
    old = await start.old();
    [maker, taker] = [await service.newMaker(), takerOfOld()];
  }, 3 * PATIENCE_MS);
  afterAll(() => service.drop());

  /** Made on the schema of the version before, which knows nothing of what this one's services write. */
  function takerOfOld(): TakerClient {
    const tool = (...args: string[]) =>
      JSON.parse(
        execFileSync(process.execPath, [`${earlierBuild()}/dist/apps/admin/src/main.js`, ...args], {
          env: { PATH: process.env.PATH, ...service.environment },
        }).toString(),
      );
    const address = `0x${randomBytes(20).toString('hex')}`;
    const { taker_id } = tool('taker', 'create', '--name', 'A broker', '--address', address);
    const key = tool('key', 'create', '--taker', taker_id);
    return TakerClient.of(service.url, {
      takerId: taker_id,
      keyId: key.key_id,
      apiKey: key.api_key,
      apiSecret: key.api_secret,
      addresses: [address],
    });
  }

  const atNew = <T extends MakerClient | TakerClient>(client: T): T =>
    Object.assign(Object.create(Object.getPrototypeOf(client)), client, elsewhere);
  /** Without what the version before does not say, and what is told once more at connect. */
  const hearing = async (...how: Parameters<TakerClient['socket']>): Promise<Socket> =>
    (await taker.socket(...how)).undocumented();
  const toldOf = (socket: Socket): unknown[] =>
    socket.messages
      .filter(({ type, data }) => type !== 'resync' && !data.metadata.redelivered)
      .map(({ type, data: { metadata, ...data } }) => {
        const { taker_address: _address, blockchain_tx_hash: _hash, ...same } = metadata;
        return { type, data, metadata: same };
      });

  test(
    'each hears what is done at the other, and sockets go on at the other',
    async () => {
      const before = await hearing();
      const early = await lockedOrder(service, { maker, taker });
      await before.hear(({ data }) => data.order_hash === early.hash && data.to_status === 'locked');
      await before.close();

      const instance = await start.new();
      const [ofOld, ofNew] = [await hearing(), await hearing(undefined, elsewhere)];
      const onward = await hearing(undefined, {
        after: before.events.at(-1).id,
        ...elsewhere,
      });
      const sockets = [ofOld, ofNew, onward];
      const atOld = await lockedOrder(service, { maker, taker });
      for (const socket of sockets)
        await socket.hear(({ data }) => data.order_hash === atOld.hash && data.to_status === 'locked');
      succeeded(await maker.cancel(atOld.id), 202);
      succeeded(await atNew(taker).answer(atOld.hash, true), 200);
      const owner = await service.newMaker();
      const ownerAtNew = atNew(owner);
      const other = await lockedOrder(service, { maker: ownerAtNew, taker: atNew(taker) });
      succeeded(await owner.cancel(other.id), 202);
      succeeded(await taker.answer(other.hash, false), 200);
      succeeded(await taker.fill(other.placed), 200);
      for (const socket of sockets)
        await socket.hear(({ data }) => data.order_hash === other.hash && data.to_status === 'filled');
      expect(toldOf(ofNew)).toEqual(toldOf(ofOld));
      expect(toldOf(onward)).toEqual(toldOf(ofOld));

      // an id of this version is none that the old one knows: it says so, and goes on
      const back = await hearing(undefined, { after: ofNew.events.at(-1).id });
      await back.hear(({ type }) => type === 'resync');
      const live = await ownerAtNew.place();
      for (const socket of [back, ofNew]) await socket.hearAbout('order_status_change', live.order_hash);
      await Promise.all([...sockets, back].map((socket) => socket.close()));
      expect(await instance.stop()).toBe(0);
    },
    PATIENCE_MS,
  );

  test(
    'after a roll-back the old one starts and goes on, and what it writes is heard after the next rollout',
    async () => {
      expect(await old.stop()).toBe(0);
      old = await start.old();
      const socket = await hearing();
      const { order_hash } = await maker.place();
      const { id: after } = await socket.hearAbout('order_status_change', order_hash);
      await socket.close();
      await expectHandshakes();
      const instance = await start.new();
      const missed = await maker.place();
      const onward = await hearing(undefined, { after, ...elsewhere });
      await onward.hearAbout('order_status_change', missed.order_hash);
      expect(onward.ofType('resync')).toEqual([]);
      await onward.close();
      expect(await Promise.all([old.stop(), instance.stop()])).toEqual([0, 0]);
      await expectInvariants(service.dataSource);
    },
    PATIENCE_MS,
  );
});
