import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DatabasePool, isDatabaseAway } from '#database';
import { EmbeddedPostgres } from '#dev-postgres';
import { Order } from '#trading';
import type { EntityManager } from 'typeorm';
import { ExternalService } from './support/external-service.js';
import { askedOrder, succeeded } from './support/handshake.js';
import { call } from './support/http.js';
import { MetricsPage } from './support/metrics.js';
import { expectRefusal, INTERNAL, UNAVAILABLE } from './support/refused.js';
import type { ServiceProcess } from './support/service-process.js';
import { Socket } from './support/socket.js';
import { until } from './support/until.js';

/** When something inside breaks: clear to the caller, and no word about the inside. */
/** Well-formed, so that it takes the database to know that nobody has it. */
const UNKNOWN_KEY = withChecksum(`lk_${'0'.repeat(16)}_${'0'.repeat(64)}`);

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
  expect(await instance.stop()).toBe(0);
  await service.drop();
  await postgres.stop();
  rmSync(dataDir, { recursive: true });
});

test('a bug: 500001 with the request id alone; the log has the rest, under the same id', async () => {
  const { taker, maker, hash, id } = await askedOrder(service);
  await service.dataSource.query('ALTER TABLE order_events ADD CONSTRAINT sabotage CHECK (false) NOT VALID');
  const answer = await taker.call('POST', '/orders/cancel-result', {
    headers: { 'x-request-id': 'find-me' },
    json: { order_hash: hash, taker_address: taker.address, cancellation_success: true, message: 'x' },
  });
  await service.dataSource.query('ALTER TABLE order_events DROP CONSTRAINT sabotage');
  expect(answer.status).toBe(500);
  expectRefusal(answer, INTERNAL, 'request id find-me');
  const ofTheCall = () => instance.stdout.split('\n').find((line) => line.includes('"requestId":"find-me"'));
  await until(() => ofTheCall() !== undefined, 'the log line');
  expect(ofTheCall()).toContain('sabotage');
  expect(await maker.order(id)).toMatchObject({ status: 'locked', cancellation: { status: 'requested' } });
});

test('the database away: 503001 with Retry-After on calls and sockets, and well again when it is back', async () => {
  const { taker, maker, hash, id } = await askedOrder(service);
  const socket = await maker.socket();
  const { port } = new URL(postgres.url());
  await postgres.stop();

  const refused = await taker.answer(hash, true);
  expectRefusal(refused, UNAVAILABLE, /the database is away/);
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  expect((await call('GET', `${service.url}/health/ready`)).status).toBe(503);
  expect((await call('GET', `${service.url}/health/live`)).status).toBe(200);
  const away = await MetricsPage.of(service.url);
  expect(away.value('lockstep_database_up')).toBe(0);
  expect(away.value('lockstep_tail_lag_seconds')).toBeNaN();
  expect(away.value('lockstep_open_cancellation_requests')).toBeUndefined();
  expect(away.value('lockstep_sockets', { kind: 'maker' })).toBe(1);
  expect(away.value('lockstep_http_requests_total', { status: '503', code: '503001' })).toBeGreaterThan(1);
  await until(
    async () => (await MetricsPage.of(service.url)).value('lockstep_tail_silence_seconds')! > 1,
    'the silence of the tail to be seen',
  );
  const stranger = await Socket.refused(`${service.url}/ws/taker/v1?types=order_status_change`, {
    headers: { 'x-api-key': UNKNOWN_KEY },
  });
  expect(stranger).toMatchObject({ status: 503, body: { code: 503001 } });
  expect(stranger.headers['retry-after']).toMatch(/^\d+$/);

  postgres = await EmbeddedPostgres.start(dataDir, `-p ${port}`);
  await until(async () => (await taker.answer(hash, true)).status === 200, 'the answer to be recorded');
  expect((await call('GET', `${service.url}/health/ready`)).status).toBe(200);
  const back = await MetricsPage.of(service.url);
  expect(back.value('lockstep_database_up')).toBe(1);
  expect(back.value('lockstep_open_cancellation_requests')).toBeGreaterThanOrEqual(0);
  await socket.hear(({ data }) => data.order_hash === hash && data.to_status === 'cancelled');
  expect(await maker.order(id)).toMatchObject({ status: 'cancelled' });
  await socket.close();
});

test('the database away: the log has one line a call, which says why and has no stack', async () => {
  const { taker, maker, hash, id } = await askedOrder(service);
  const { port } = new URL(postgres.url());
  await postgres.stop();
  const calls: [string, (headers: Record<string, string>) => Promise<{ status: number }>][] = [
    ['a-list', (headers) => taker.call('GET', '/orders/available', { headers })],
    ['an-order', (headers) => maker.call('GET', `/orders/${id}`, { headers })],
    ['an-unlock', (headers) => taker.call('POST', '/orders/unlock', { headers, json: { order_hash: hash } })],
    [
      'an-upgrade',
      (headers) =>
        Socket.refused(`${service.url}/ws/taker/v1?types=order_status_change`, {
          headers: { ...headers, 'x-api-key': UNKNOWN_KEY },
        }),
    ],
  ];
  for (const [requestId, made] of calls) {
    expect((await made({ 'x-request-id': requestId })).status).toBe(503);
  }
  postgres = await EmbeddedPostgres.start(dataDir, `-p ${port}`);
  await call('GET', `${service.url}/health/live`, { headers: { 'x-request-id': 'the-last' } });
  await until(() => instance.stdout.includes('the-last'), 'the log lines');
  for (const [requestId] of calls) {
    const lines = instance.stdout.split('\n').filter((line) => line.includes(`"${requestId}"`));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 50 });
    expect(lines[0]).toMatch(/"code":503001/);
    expect(lines[0]).toMatch(/"reason":"[^"]*(ECONNREFUSED|terminat|closed|shut)/i);
    expect(lines[0]).not.toMatch(/stack|\\n/);
  }
  await until(async () => (await taker.answer(hash, true)).status === 200, 'the answer to be recorded');
});

test.each([
  ['a statement', (manager: EntityManager) => manager.query('SELECT 1')],
  ['a search', (manager: EntityManager) => manager.find(Order)],
])('a connection that broke before %s of its transaction: the database is away', async (_, next) => {
  const { dataSource } = service;
  const broken = dataSource.transaction(async (manager) => {
    const [{ pid }] = await manager.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid');
    await dataSource.query('SELECT pg_terminate_backend($1)', [pid]);
    await until(() => manager.queryRunner!.isReleased, 'the loss to be noticed');
    await next(manager);
  });
  const error = await broken.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect(isDatabaseAway(error)).toBe(true);
});

test('a call that finds the connections closed, as the process stops: the database is away', async () => {
  const pool = new DatabasePool({ connectionString: postgres.url() });
  await pool.end();
  const error = await pool.connect().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect(isDatabaseAway(error)).toBe(true);
});

test('the log has a line for each call, with its id, and nothing secret', async () => {
  const { taker, maker } = await askedOrder(service);
  const url = `${service.url}/ws/taker/v1?types=order_status_change&api_key=${taker.apiKey}`;
  await (await Socket.open(url)).close();
  const echoed = await call('GET', `${service.url}/nowhere?api_key=${taker.apiKey}&token=${maker.token}`, {
    headers: { 'x-request-id': 'look-here' },
  });
  expect(echoed.headers.get('x-request-id')).toBe('look-here');
  await until(() => instance.stdout.includes('look-here'), 'the log line');
  const line = instance.stdout.split('\n').find((text) => text.includes('look-here'))!;
  expect(JSON.parse(line)).toMatchObject({
    requestId: 'look-here',
    req: { method: 'GET', route: 'none' },
    res: { statusCode: 404 },
  });
  const log = instance.stdout + instance.stderr;
  const { JWT_SECRET, MASTER_KEY } = service.settings;
  for (const secret of [taker.apiKey, maker.token, JWT_SECRET, MASTER_KEY]) expect(log).not.toContain(secret);
  succeeded(await call('GET', `${service.url}/health/live`), 200);
});

function withChecksum(body: string): string {
  return `${body}_${crc32(body).toString(16).padStart(8, '0')}`;
}
