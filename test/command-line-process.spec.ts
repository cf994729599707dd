import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TakerClient } from './support/clients.js';
import { lockedOrder } from './support/handshake.js';
import { clientPackage } from './support/installed-client.js';
import { ServiceProcess } from './support/service-process.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** `lockstep` as a process: signals, exit codes, pipes, its environment, and as it is published. */
const PROGRAM = [process.execPath, 'dist/libs/cli/src/main.js'];
const PATIENCE_MS = 120_000;

let service: TestService;
let taker: TakerClient;
let environment: NodeJS.ProcessEnv;
beforeAll(async () => {
  service = await startService();
  taker = await service.newTaker();
  const { url, apiKey, apiSecret } = taker;
  environment = { LOCKSTEP_URL: url, LOCKSTEP_API_KEY: apiKey, LOCKSTEP_SIGNING_SECRET: apiSecret };
});
afterAll(() => service.stop());

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends listen cleanly; the environment says who calls',
  async (signal) => {
    const listening = ServiceProcess.launch(environment, [...PROGRAM, 'listen']);
    await until(() => listening.stderr.includes('connected'), 'the connection');
    const { hash } = await lockedOrder(service, { taker });
    await until(() => listening.stdout.includes(`pending → locked        ${hash}`), 'the lock');
    expect(await listening.stop(signal)).toBe(0);
    expect(listening.stderr).toMatch(/\nlockstep: go on with --after [0-9a-f]{32}\n$/);
  },
);

test('a key among the arguments is not in the process list', async () => {
  const { url, apiKey, apiSecret } = taker;
  const args = ['listen', '--url', url, '--api-key', apiKey, '--signing-secret', apiSecret];
  const listening = ServiceProcess.launch({}, [...PROGRAM, ...args]);
  await until(() => listening.stderr.includes('connected'), 'the connection');
  const listed = readFileSync(`/proc/${listening.child.pid}/cmdline`, 'utf8');
  expect(listed).toContain('lockstep');
  expect(listed).not.toContain(apiKey);
  expect(listed).not.toContain(apiSecret);
  expect(await listening.stop()).toBe(0);
});

test('Ctrl-C ends at once what waits for an answer', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await until(() => silent.listening, 'the port');
  const { port } = silent.address() as AddressInfo;
  const connected = once(silent, 'connection');
  const args = ['order', `0x${'0'.repeat(64)}`, '--url', `http://127.0.0.1:${port}`];
  const asking = ServiceProcess.launch(environment, [...PROGRAM, ...args]);
  await connected;
  expect(await asking.stop('SIGINT')).toBe(null);
  silent.close();
});

test('who has read enough of it may go', async () => {
  const listening = ServiceProcess.launch(environment, [
    'sh',
    '-c',
    `"$0" "$@" | head -1`,
    ...PROGRAM,
    'listen',
  ]);
  await until(() => listening.stderr.includes('connected'), 'the connection');
  await lockedOrder(service, { taker });
  await lockedOrder(service, { taker });
  expect(await listening.end()).toBe(0);
  expect(listening.stdout.split('\n')).toHaveLength(2);
  expect(listening.stderr).not.toContain('EPIPE');
});

test('what cannot be written, as on a full disk, is exit code 1 and one sentence', async () => {
  const { hash } = await lockedOrder(service, { taker });
  const command = ServiceProcess.launch(environment, [
    'sh',
    '-c',
    `"$0" "$@" > /dev/full`,
    ...PROGRAM,
    'order',
    hash,
  ]);
  expect(await command.end()).toBe(1);
  expect(command.stderr).toMatch(/^lockstep: cannot write what was asked for: ENOSPC[^\n]*\n$/);
});

describe('exit codes', () => {
  test.each([
    [['--version'], 0],
    [['listen', '--help'], 0],
    [['order', `0x${'0'.repeat(64)}`], 1],
    [['order', 'x'], 2],
    [[], 2],
    [['admin', '--help'], 0],
    [['admin', 'nonsense'], 1],
  ])('%j: %d', async (args, code) => {
    const command = ServiceProcess.launch(environment, [...PROGRAM, ...args]);
    expect(await command.end()).toBe(code);
    expect(command.stderr).not.toMatch(/^ +at /m);
  });
});

test('admin is the operator’s tool', async () => {
  const settings = {
    ...environment,
    DATABASE_URL: service.databaseUrl,
    MASTER_KEY: service.settings.MASTER_KEY,
  };
  const command = ServiceProcess.launch(settings, [
    ...PROGRAM,
    'admin',
    'taker',
    'show',
    '--taker',
    taker.takerId,
  ]);
  expect(await command.end()).toBe(0);
  expect(JSON.parse(command.stdout)).toMatchObject({ taker_id: taker.takerId });
});

test(
  'the package works by itself, and says where the operator’s tool is',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-cli-package-'));
    const tarball = clientPackage('cli');
    const home = join(folder, 'node_modules/@lockstep-desk/cli');
    mkdirSync(home, { recursive: true });
    execFileSync('tar', ['xf', tarball, '--strip-components=1', '-C', home]);
    const { dependencies, bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
      bin: { lockstep: string };
    };
    for (const name of Object.keys(dependencies)) {
      const link = join(folder, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(resolve('node_modules', name), link);
    }
    writeFileSync(join(folder, 'package.json'), '{}');
    const lockstep = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(home, bin.lockstep), ...args], {
        cwd: folder,
        env: { PATH: process.env.PATH, LOCKSTEP_SIGNING_SECRET: 'secret' },
      });
      return { status, stdout: stdout.toString(), stderr: stderr.toString() };
    };
    expect(lockstep('--version')).toMatchObject({ status: 0, stdout: '0.1.0\n' });
    expect(lockstep('sign', 'GET', '/x')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('x-api-signature: '),
    });
    expect(lockstep('admin', 'migrate')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^lockstep: the operator’s tool comes with the service: [^\n]*\n$/),
    });
    for (const file of ['README.md', 'LICENSE']) expect(existsSync(join(home, file))).toBe(true);
    rmSync(folder, { recursive: true });
  },
  PATIENCE_MS,
);
