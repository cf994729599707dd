import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { DatabaseClient, freePort } from '#database';
import { AdminTool } from './support/admin-tool.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { ExternalService } from './support/external-service.js';
import { askedOrder, succeeded } from './support/handshake.js';
import { ServiceProcess } from './support/service-process.js';
import { runVerify } from './support/verify-tool.js';
import { until } from './support/until.js';

/** The service behind a real PgBouncer. */
jest.setTimeout(120_000);

const PGBOUNCER = '/usr/sbin/pgbouncer';
const hasPgBouncer = existsSync(PGBOUNCER);
if (!hasPgBouncer) console.warn('PgBouncer is not tested: it is not here');
const here = hasPgBouncer ? describe : describe.skip;

here('PgBouncer', () => {
  let database: TestDatabase;
  let folder: string;
  let pooler: ChildProcess | undefined;
  beforeEach(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(join(tmpdir(), 'lockstep-pgbouncer-'));
    chmodSync(folder, 0o755);
  });
  afterEach(async () => {
    const exited = once(pooler!, 'exit');
    pooler!.kill('SIGINT');
    await exited;
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  /** Starts it with nothing set but what it needs; returns the database's URL through it. */
  async function start(mode: string, more = ''): Promise<string> {
    const url = new URL(database.url);
    const server = `host=${url.hostname} port=${url.port}`;
    const port = await freePort();
    const lines = [
      '[databases]',
      `* = ${server}`,
      '[pgbouncer]',
      `listen_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =`,
      `auth_type = scram-sha-256\nauth_file = ${join(folder, 'users')}`,
      `pool_mode = ${mode}`,
      more,
    ];
    writeFileSync(join(folder, 'users'), `"${url.username}" "${url.password}"\n`);
    writeFileSync(join(folder, 'ini'), lines.join('\n'));
    const asUser = process.getuid?.() === 0 ? ['-u', 'postgres'] : [];
    if (asUser.length > 0) chownSync(folder, Number(execFileSync('id', ['-u', 'postgres'])), 0);
    pooler = spawn(PGBOUNCER, [...asUser, '-q', join(folder, 'ini')], { stdio: 'ignore' });
    url.port = String(port);
    const answers = async () => {
      const client = new DatabaseClient({ connectionString: url.href });
      const connected = client.connect().then(
        () => true,
        () => false,
      );
      return connected.finally(() => client.end());
    };
    await until(answers, 'PgBouncer to answer');
    return url.href;
  }

  test('in session mode serves a whole handshake with its pushes, and the tools', async () => {
    const url = await start('session', 'default_pool_size = 60');
    const service = await ExternalService.on(database.url);
    const instance = await service.start({ DATABASE_URL: url, WORKER: 'inline' });
    const [taker, maker] = await Promise.all([service.newTaker(), service.newMaker()]);
    const sockets = await Promise.all([taker.socket(), maker.socket()]);
    for (let round = 0; round < 5; round += 1) {
      const { hash, id } = await askedOrder(service, { taker, maker });
      await sockets[0].hearAbout('cancellation_request', hash);
      succeeded(await taker.answer(hash, true), 200);
      await sockets[1].hear(({ data }) => data.order_hash === hash && data.to_status === 'cancelled');
      expect(await maker.order(id)).toMatchObject({ status: 'cancelled' });
    }
    const page = await new AdminTool(url).text(
      'order',
      'show',
      (await askedOrder(service, { taker, maker })).hash,
    );
    expect(page).toContain('cancellation');
    expect(await runVerify(['--database-url', url])).toMatchObject({ code: 0 });
    await Promise.all(sockets.map((socket) => socket.close()));
    expect(await instance.stop()).toBe(0);
    await service.drop();
  });

  test.each([
    ['transaction', ''],
    ['transaction', 'server_round_robin = 1'],
    ['transaction', 'server_round_robin = 1\nmin_pool_size = 5'],
    ['statement', ''],
  ])('in %s mode is refused in one line (%s)', async (mode, more) => {
    const url = await start(mode, more);
    const line =
      'lockstep: a pooler before the database gives each transaction another connection: set pool_mode=session';
    for (const program of ['src', 'apps/worker/src']) {
      const environment = { DATA_DIR: folder, DATABASE_URL: url, PORT: '0' };
      const launched = ServiceProcess.launch(environment, [process.execPath, `dist/${program}/main.js`]);
      expect(await launched.end()).toBe(1);
      expect(launched.stderr).toContain(line);
      expect(launched.stderr).toMatch(/^.+\n$/);
    }
  });
});
