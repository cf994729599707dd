import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '#database';
import { Client } from 'pg';
import { createTestDatabase } from './support/database.js';
import { call } from './support/http.js';
import { processesOf } from './support/processes.js';
import { ServiceProcess } from './support/service-process.js';
import { TEST_ENVIRONMENT } from './support/service.js';
import { Socket } from './support/socket.js';
import { until } from './support/until.js';

/** Starting and stopping the built service as an operator does. */
const PATIENCE_MS = 60_000;

describe('on a bare folder', () => {
  let dataDir: string;
  let port: number;
  let environment: NodeJS.ProcessEnv;
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'lockstep-'));
    port = await freePort();
    environment = { DATA_DIR: dataDir, PORT: String(port) };
  });
  afterAll(() => rmSync(dataDir, { recursive: true }));

  const printed = (service: ServiceProcess, label: string) =>
    new RegExp(`${label} +(\\S+)`).exec(service.stdout)?.[1];

  test(
    'it prints what a newcomer needs, and all of it works',
    async () => {
      const service = await ServiceProcess.start(environment);
      const url = `http://127.0.0.1:${port}`;
      await until(() => service.stdout.includes('npm run demo'), 'the welcome');
      for (const path of ['/docs', '/console/#api_key=', '/openapi.json', '/ws/taker/v1', '/api/v1'])
        expect(service.stdout).toContain(path);
      expect(printed(service, 'API secret')).toMatch(/^[0-9a-f]{64}$/);
      expect(printed(service, 'Private key')).toMatch(/^0x[0-9a-f]{64}$/);
      const key = printed(service, 'API key')!;
      const curl = /curl -s .*/.exec(service.stdout)![0];
      expect(JSON.parse(execFileSync('sh', ['-c', curl]).toString())).toEqual({ code: 0, data: [] });
      const socket = await Socket.open(`${url}/ws/taker/v1?types=order_status_change`, {
        headers: { 'x-api-key': key },
      });
      for (const file of [
        'jwt-secret',
        'master-key',
        'postgres-password',
        'lockstep-password',
        'demo-access.json',
      ]) {
        expect(statSync(join(dataDir, file)).mode & 0o077).toBe(0);
      }
      expect(await service.stop('SIGINT')).toBe(0);
      await until(() => socket.closeCode !== undefined, 'the socket to be closed');
      expect(socket.closeCode).toBe(1001);
      expect(processesOf(dataDir)).toEqual([]);
      expect(service.stderr).toBe('');
    },
    PATIENCE_MS,
  );

  test(
    "it goes on with its data after kill -9, with the same keys; the operator's tool works on them, while it runs and while it does not; npm start passes SIGTERM on, and leaves nothing behind",
    async () => {
      const secret = () => readFileSync(join(dataDir, 'jwt-secret'), 'utf8');
      const admin = (...args: string[]) =>
        execFileSync(process.execPath, ['dist/apps/admin/src/main.js', ...args], {
          env: { PATH: process.env.PATH, DATA_DIR: dataDir },
        }).toString();
      const first = await ServiceProcess.start(environment);
      await until(() => first.stdout.includes('npm run demo'), 'the welcome');
      const [key, kept] = [printed(first, 'API key'), secret()];
      await first.stop('SIGKILL');
      const address = `0x${'7a'.repeat(20)}`;
      const { taker_id } = JSON.parse(admin('taker', 'create', '--name', 'Broker', '--address', address));
      expect(processesOf(dataDir)).toEqual([]);
      const second = await ServiceProcess.start(environment, ['npm', 'start']);
      await until(() => second.stdout.includes('npm run demo'), 'the welcome');
      expect([printed(second, 'API key'), secret()]).toEqual([key, kept]);
      const ready = await call('GET', `http://127.0.0.1:${port}/health/ready`);
      expect(ready).toMatchObject({ status: 200, body: { code: 0, data: { status: 'ok' } } });
      const { api_key } = JSON.parse(admin('key', 'create', '--taker', taker_id));
      const answer = await call('POST', `http://127.0.0.1:${port}/api/v1/orders/unlock`, {
        headers: { 'x-api-key': api_key },
        json: { order_hash: `0x${'00'.repeat(32)}` },
      });
      expect(answer.status).toBe(404);
      await second.stop();
      await until(() => processesOf(dataDir).length === 0, 'PostgreSQL to stop');
      await expect(call('GET', `http://127.0.0.1:${port}/health/live`)).rejects.toThrow();
    },
    2 * PATIENCE_MS,
  );

  test(
    'a signal while it still starts stops it as cleanly',
    async () => {
      const service = ServiceProcess.launch(environment);
      await until(() => processesOf(dataDir).length > 0, 'PostgreSQL to start', PATIENCE_MS);
      expect(await service.stop()).toBe(0);
      expect(processesOf(dataDir)).toEqual([]);
    },
    PATIENCE_MS,
  );
});

describe('with DATABASE_URL', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let dataDir: string;
  let environment: NodeJS.ProcessEnv;
  beforeAll(async () => {
    database = await createTestDatabase();
    dataDir = mkdtempSync(join(tmpdir(), 'lockstep-'));
    environment = { DATA_DIR: dataDir, DATABASE_URL: database.url, PORT: String(await freePort()) };
  });
  afterAll(async () => {
    await database.drop();
    rmSync(dataDir, { recursive: true });
  });

  test(
    'no embedded database is started and no demo key made',
    async () => {
      const service = await ServiceProcess.start(environment);
      await call('GET', `http://127.0.0.1:${environment.PORT}/health/ready`);
      expect(await service.stop()).toBe(0);
      expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
      expect(service.stdout).not.toContain('lk_');
      const client = new Client({ connectionString: database.url });
      await client.connect();
      expect((await client.query('SELECT 1 FROM api_keys')).rows).toEqual([]);
      await client.end();
    },
    PATIENCE_MS,
  );
});

test(
  'with DATABASE_URL and both secrets no process writes to DATA_DIR; MIGRATIONS=off is well where all are applied',
  async () => {
    const database = await createTestDatabase('template0');
    const environment = {
      ...TEST_ENVIRONMENT,
      LOG_LEVEL: 'info',
      NODE_ENV: 'production',
      // a folder that not even root can make
      DATA_DIR: '/proc/none',
      DATABASE_URL: database.url,
      PORT: String(await freePort()),
    };
    const node = (program: string, ...args: string[]) =>
      ServiceProcess.launch(environment, [process.execPath, `dist/apps/${program}/src/main.js`, ...args]);
    const migration = node('admin', 'migrate');
    expect(await migration.end()).toBe(0);
    expect(JSON.parse(migration.stdout).applied).not.toEqual([]);
    const worker = node('worker');
    const service = await ServiceProcess.start({ ...environment, MIGRATIONS: 'off' });
    await until(() => worker.stdout.includes('worker runs'), 'the worker', PATIENCE_MS);
    expect(await Promise.all([service.stop(), worker.stop()])).toEqual([0, 0]);
    await database.drop();
  },
  2 * PATIENCE_MS,
);

describe('migrations', () => {
  test(
    'are applied by one of several instances that start at once; MIGRATIONS=off leaves them alone',
    async () => {
      const database = await createTestDatabase('template0');
      const environment = { ...TEST_ENVIRONMENT, LOG_LEVEL: 'info', DATABASE_URL: database.url };
      const withPort = async () => ({ ...environment, PORT: String(await freePort()) });

      const refused = ServiceProcess.launch({ ...(await withPort()), MIGRATIONS: 'off' });
      expect(await refused.end()).toBe(1);
      expect(refused.stderr).toBe(
        'lockstep: migrations are pending and MIGRATIONS is off: ' +
          'apply them with the command "migrate" of the admin tool\n',
      );
      const instances = await Promise.all(
        [await withPort(), await withPort()].map((env) => ServiceProcess.start(env)),
      );
      expect(await Promise.all(instances.map((instance) => instance.stop()))).toEqual([0, 0]);
      await database.drop();
    },
    PATIENCE_MS,
  );
});
