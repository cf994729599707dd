import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '#database';
import { AdminTool } from './support/admin-tool.js';
import { ExternalService } from './support/external-service.js';
import { askedOrder, succeeded } from './support/handshake.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';

/**
 * Two versions on one database, while one is rolled out or back: this build is the old one, and the newer one has
 * expanded the schema by what it needs, as docs/operations.md asks of migrations.
 */
const LATER = { timestamp: '9999999999999', name: 'Later9999999999999' };
const PATIENCE_MS = 120_000;

let service: ExternalService;
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

async function expectHandshakes(): Promise<void> {
  const cancelled = await askedOrder(service);
  succeeded(await cancelled.taker.answer(cancelled.hash, true), 200);
  const filled = await askedOrder(service);
  succeeded(await filled.taker.answer(filled.hash, false), 200);
  succeeded(await filled.taker.fill(filled.placed), 200);
  const statuses = await Promise.all([cancelled, filled].map(({ maker, id }) => maker.order(id)));
  expect(statuses.map(({ status }) => status)).toEqual(['cancelled', 'filled']);
}

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
