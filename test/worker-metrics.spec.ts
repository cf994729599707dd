import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '#database';
import { makeDue } from './support/database.js';
import { askedOrder } from './support/handshake.js';
import { MetricsPage } from './support/metrics.js';
import { ServiceProcess } from './support/service-process.js';
import { startService, TEST_ENVIRONMENT, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** A worker counts what it writes: over API and worker processes each outcome is counted once. */
let service: TestService;
let worker: ServiceProcess;
let workerUrl: string;
let port: string;
beforeAll(async () => {
  service = await startService();
  port = String(await freePort());
  workerUrl = `http://127.0.0.1:${port}`;
  worker = launch();
  await until(() => worker.stdout.includes('worker runs'), 'the worker', 60_000);
}, 90_000);
afterAll(async () => {
  expect(await worker.stop()).toBe(0);
  await service.stop();
});

function launch(): ServiceProcess {
  const settings = { ...TEST_ENVIRONMENT, LOG_LEVEL: 'info', DATABASE_URL: service.databaseUrl };
  return ServiceProcess.launch({ ...settings, WORKER_METRICS_PORT: port }, [
    process.execPath,
    'dist/apps/worker/src/main.js',
  ]);
}

test('a request that it lets time out is counted by it, and not by the API', async () => {
  const timedOut = async (url: string) =>
    (await MetricsPage.of(url)).value('lockstep_cancellation_requests_total', { status: 'timed_out' });
  expect(await timedOut(workerUrl)).toBe(0);
  const { hash } = await askedOrder(service);
  await makeDue(service.dataSource, hash, 'request');
  await until(async () => (await timedOut(workerUrl)) === 1, 'the worker to count it');
  expect(await timedOut(service.url)).toBe(0);
  const page = await MetricsPage.of(workerUrl);
  expect(page.value('process_resident_memory_bytes')).toBeGreaterThan(0);
  expect(page.value('lockstep_database_connections')).toBeGreaterThan(0);
  expect((await fetch(`${workerUrl}/`)).status).toBe(404);
});

test('a port that is taken stops a worker with one line that names it', async () => {
  const second = launch();
  expect(await second.end()).toBe(1);
  expect(second.stderr).toContain(`cannot listen on 127.0.0.1:${port} (HOST, WORKER_METRICS_PORT)`);
  expect(second.stderr.trim().split('\n')).toHaveLength(1);
}, 60_000);
