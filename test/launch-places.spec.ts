import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { freePort } from '#database';
import { processesOf } from './support/processes.js';
import { ServiceProcess } from './support/service-process.js';
import { TEST_ENVIRONMENT } from './support/service.js';
import { until } from './support/until.js';

/** Where the service is and where it keeps its things, as HOST and DATA_DIR say. */
jest.setTimeout(120_000);

/** Signs that a shell would take for its own. */
const WILD = 'has $HOME, "quotes", `sh`, it\'s \\ ü';

describe('what it says of where it listens is what is bound; DATA_DIR may have any name', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    ['0.0.0.0', 'http://0.0.0.0', 'http://127.0.0.1'],
    ['::', 'http://[::]', 'http://[::1]'],
    ['::1', 'http://[::1]', 'http://[::1]'],
  ])('HOST=%s', async (host, bound, forClients) => {
    const port = String(await freePort());
    const service = await ServiceProcess.start({
      DATA_DIR: join(folder, WILD, 'data'),
      HOST: host,
      PORT: port,
    });
    await until(() => service.stdout.includes('npm run demo'), 'the welcome');
    expect(service.stdout).toContain(`Lockstep listens on ${bound}:${port}"`);
    expect(service.stdout).toContain(`API            ${forClients}:${port}/api/v1`);
    const isSaid = service.stdout.includes(
      `It listens on ${host}: every address of this machine leads here.`,
    );
    expect(isSaid).toBe(bound !== forClients);
    const curl = /curl -s .*/.exec(service.stdout)![0];
    expect(JSON.parse(execFileSync('sh', ['-c', curl]).toString())).toEqual({ code: 0, data: [] });
    expect(await service.stop()).toBe(0);
    expect(processesOf(folder)).toEqual([]);
  });

  test('of a name with several addresses, the first is bound and no other', async () => {
    const port = await freePort();
    const service = await ServiceProcess.start({
      DATA_DIR: join(folder, 'data'),
      HOST: 'localhost',
      PORT: String(port),
    });
    await until(() => service.stdout.includes('Lockstep listens on'), 'the address');
    const addresses = (await lookup('localhost', { all: true })).map(({ address }) => address);
    const areBound = await Promise.all(addresses.map((address) => isBound(address, port)));
    expect(areBound).toEqual(addresses.map((_, index) => index === 0));
    expect(await service.stop()).toBe(0);
  });

  const NOBODY = 65_534;
  const asNobody = ['setpriv', '--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups'];
  const canBeNobody =
    process.getuid?.() === 0 &&
    spawnSync('setpriv', [...asNobody.slice(1), 'test', '-r', resolve('dist/src/main.js')]).status === 0;
  if (!canBeNobody)
    process.stderr.write('skipped, as only root can, in a clone that all can read: DATA_DIR of nobody\n');

  (canBeNobody ? test : test.skip)('also for a user who is not root', async () => {
    const dataDir = join(folder, `${WILD}, of nobody`);
    mkdirSync(dataDir);
    for (const path of [folder, dataDir]) chownSync(path, NOBODY, NOBODY);
    const service = await ServiceProcess.start({ DATA_DIR: dataDir, PORT: String(await freePort()) }, [
      ...asNobody,
      process.execPath,
      'dist/src/main.js',
    ]);
    await until(() => service.stdout.includes('npm run demo'), 'the welcome');
    expect(await service.stop()).toBe(0);
    expect(processesOf(folder)).toEqual([]);
  });
});

/** Whether somebody listens there. */
function isBound(address: string, port: number): Promise<boolean> {
  const socket = connect(port, address);
  return new Promise<boolean>((answer) => {
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  }).finally(() => socket.destroy());
}

describe('a DATA_DIR that cannot be used is one line, soon', () => {
  const { JWT_SECRET, MASTER_KEY } = TEST_ENVIRONMENT;

  test.each([
    ['in a file system where nothing can be made', '/proc/x/y', {}],
    ['the same, and no secret to keep', '/proc/x/y', { JWT_SECRET, MASTER_KEY }],
    ['one that is there and takes nothing', '/proc', {}],
    ['the same, and no secret to keep there', '/proc', { JWT_SECRET, MASTER_KEY }],
    ['below a device', '/dev/null/x', {}],
  ])('%s', async (_, DATA_DIR, secrets) => {
    const service = ServiceProcess.launch({ DATA_DIR, PORT: '0', ...secrets });
    expect(await service.end()).toBe(1);
    expect(service.stderr).toMatch(/^lockstep: DATA_DIR (cannot be used: E|must be a folder).*\n$/);
    expect(service.stdout).toBe('');
  });
});

describe('no tool makes an embedded database that is not there', () => {
  test.each([
    ['admin', ['taker', 'list'], 1],
    ['admin', ['migrate'], 1],
    ['verify', [], 2],
    ['worker', [], 1],
  ])('%s %j', async (program, args, code) => {
    const dataDir = join(mkdtempSync(join(tmpdir(), 'lockstep-')), 'mistyped');
    const tool = ServiceProcess.launch({ DATA_DIR: dataDir }, [
      process.execPath,
      `dist/apps/${program}/src/main.js`,
      ...args,
    ]);
    expect(await tool.end()).toBe(code);
    expect(tool.stdout).toBe('');
    expect(tool.stderr).toMatch(
      new RegExp(
        `^lockstep: (cannot check: )?there is no embedded database in ${dataDir} \\(DATA_DIR\\): set DATABASE_URL, .*\n$`,
      ),
    );
    expect(existsSync(dataDir)).toBe(false);
    rmSync(dirname(dataDir), { recursive: true });
  });

  test('a file as DATA_DIR is one line for them too', async () => {
    for (const program of ['admin', 'verify']) {
      const args = program === 'admin' ? ['taker', 'list'] : [];
      const tool = ServiceProcess.launch({ DATA_DIR: 'package.json' }, [
        process.execPath,
        `dist/apps/${program}/src/main.js`,
        ...args,
      ]);
      await tool.end();
      expect(tool.stderr).toMatch(/^lockstep: (cannot check: )?DATA_DIR must be a folder, not a file\n$/);
    }
  });
});
