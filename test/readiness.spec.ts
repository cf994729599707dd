import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { freePort } from '#database';
import { EmbeddedPostgres } from '#dev-postgres';
import { parse } from 'yaml';
import { onServer } from './support/database.js';
import { ExternalService } from './support/external-service.js';
import { askedOrder, succeeded } from './support/handshake.js';
import { type Answer, call } from './support/http.js';
import { expectInvariants } from './support/invariants.js';
import { MetricsPage } from './support/metrics.js';
import type { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';

/** `/health/ready` answers 503 whenever a write would fail or hang, soon, and 200 again when it would not. */
/** The probe's own time-out is 2 s, and that of Kubernetes 3 s; with some time for a busy machine. */
const ANSWERED_WITHIN_MS = 5_000;
/** Of a call as a whole, with some time for a busy machine. */
const CALL_BOUND_MS = 17_000;
jest.setTimeout(120_000);

let dataDir: string;
let postgres: EmbeddedPostgres;
let service: ExternalService;
let instance: ServiceProcess;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'lockstep-'));
  postgres = await EmbeddedPostgres.start(dataDir);
  service = await ExternalService.on(postgres.url());
  instance = await service.start();
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  expect(await instance.stop()).toBe(0);
  await service.drop();
  await postgres.stop();
  rmSync(dataDir, { recursive: true });
});

async function timed<T>(work: Promise<T>): Promise<{ result: T; milliseconds: number }> {
  const begun = performance.now();
  const result = await work;
  return { result, milliseconds: performance.now() - begun };
}

const ready = (): Promise<Answer> => call('GET', `${service.url}/health/ready`);
const untilReady = () => until(async () => (await ready()).status === 200, 'the service to be ready');

async function expectNotReady(): Promise<void> {
  const { result, milliseconds } = await timed(ready());
  expect(result).toMatchObject({ status: 503, body: { code: 503001 } });
  expect(milliseconds).toBeLessThan(ANSWERED_WITHIN_MS);
}

/** Changes a setting of the whole server. */
async function configure(sql: string): Promise<void> {
  await onServer(postgres.superuserUrl(), sql);
  await onServer(postgres.superuserUrl(), 'SELECT pg_reload_conf()');
}

/** How many commits on the server wait for a standby. */
async function waitingCommits(): Promise<number> {
  const [{ count }] = await service.dataSource.query<[{ count: number }]>(
    "SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
  );
  return count;
}

test('the health check of the compose file tells an instance that answers from none', async () => {
  const compose = parse(readFileSync('deploy/compose.yaml', 'utf8'), { merge: true });
  const [kind, program, ...args] = compose.services['api-1'].healthcheck.test as string[];
  expect([kind, program]).toEqual(['CMD', 'node']);
  const codeOn = (port: number) =>
    new Promise<unknown>((resolve) => {
      const moved = args.map((arg) => arg.replace(':3000/', `:${port}/`));
      execFile(process.execPath, moved, (error) => resolve(error ? error.code : 0));
    });
  expect(await codeOn(Number(new URL(service.url).port))).toBe(0);
  expect(await codeOn(await freePort())).toBe(1);
});

test('while commits wait for a standby that is gone: 503, and calls say that their outcome is unknown', async () => {
  const { taker, maker, hash, id } = await askedOrder(service);
  await configure("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  await until(async () => (await ready()).status === 503, 'commits to hang');
  await expectNotReady();

  const answering = timed(taker.answer(hash, true));
  await until(
    async () => (await MetricsPage.of(service.url)).value('lockstep_oldest_commit_seconds')! > 1,
    'the commit to be seen',
  );
  const { result, milliseconds } = await answering;
  expect(result).toMatchObject({ status: 503, body: { code: 503001 } });
  expect(result.body.details).toContain('whether this call was done is not known');
  expect(result.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(milliseconds).toBeLessThan(CALL_BOUND_MS);
  await expectNotReady();

  await configure('ALTER SYSTEM RESET synchronous_standby_names');
  await untilReady();
  succeeded(await taker.answer(hash, true), 200);
  expect(await maker.order(id)).toMatchObject({ status: 'cancelled' });
  await until(
    async () => (await MetricsPage.of(service.url)).value('lockstep_oldest_commit_seconds') === 0,
    'no commit to be under way',
  );
});

test('a probe that hangs leaves no connection of the server behind', async () => {
  await configure("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  await until(async () => (await ready()).status === 503, 'commits to hang');
  for (let probe = 0; probe < 3; probe += 1) {
    await until(async () => (await waitingCommits()) === 0, 'its commit to be given up');
    await Promise.all([expectNotReady(), expectNotReady(), expectNotReady()]);
  }
  await configure('ALTER SYSTEM RESET synchronous_standby_names');
  await untilReady();
});

test('a server in recovery, which takes no writes: 503; once it is promoted: 200', async () => {
  const { port } = new URL(postgres.url());
  await postgres.stop();
  await until(async () => (await ready()).status === 503, 'the loss to be noticed');
  writeFileSync(join(dataDir, 'postgres', 'standby.signal'), '');
  postgres = await EmbeddedPostgres.start(dataDir, `-p ${port}`);
  await until(async () => (await service.dataSource.query('SELECT 1').catch(() => [])).length === 1, 'reads');
  await expectNotReady();
  await onServer(postgres.superuserUrl(), 'SELECT pg_promote()');
  await untilReady();
});
