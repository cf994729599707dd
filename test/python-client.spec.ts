import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiKeysService } from '#trading';
import { succeeded } from './support/handshake.js';
import { hasPython, PYTHON, PYTHON_CLIENT } from './support/python.js';
import { ServiceProcess } from './support/service-process.js';
import { startService, type TestService } from './support/service.js';
import { TroubledProxy } from './support/troubled-proxy.js';
import { isHere } from './support/tools.js';
import { until } from './support/until.js';

/** The Python client: its own tests, its types, and the program of its README. */
const PATIENCE_MS = 120_000;

const hasMypy = (): boolean =>
  isHere('the types of the Python client', [PYTHON, '-m', 'mypy', '--version'], 'mypy');

let service: TestService;
let folder: string;
beforeAll(async () => {
  service = await startService();
  folder = mkdtempSync(join(tmpdir(), 'lockstep-python-'));
});
afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

const WITHOUT_TRACES = { PYTHONPATH: resolve(PYTHON_CLIENT), PYTHONDONTWRITEBYTECODE: '1' };

/** Runs a module of Python in the client's folder, and leaves nothing there. */
function runModule(...args: string[]): void {
  const env = { ...process.env, ...WITHOUT_TRACES };
  execFileSync(PYTHON, ['-W', 'error::RuntimeWarning', '-m', ...args], {
    cwd: PYTHON_CLIENT,
    env,
    stdio: 'pipe',
    timeout: PATIENCE_MS,
  });
}

/** Starts a program of a taker whose key demands signatures. */
async function launch(program: string, url: string): Promise<ServiceProcess> {
  const { takerId, address } = await service.newTaker();
  const keys = new ApiKeysService(service.dataSource, service.settings);
  const { apiKey, apiSecret } = await keys.create(takerId, { requireSignature: true });
  return ServiceProcess.launch(WITHOUT_TRACES, [PYTHON, program, url, apiKey, apiSecret, address]);
}

(hasPython('the tests of the Python client') ? describe : describe.skip)('the Python client', () => {
  test('passes its own tests', () => runModule('unittest'), PATIENCE_MS);

  (hasMypy() ? test : test.skip)(
    'is typed throughout',
    () => runModule('mypy', '--cache-dir', join(folder, 'mypy'), 'lockstep', 'tests'),
    PATIENCE_MS,
  );

  test(
    "the README's taker locks an order and gives it up, signed, in 15 lines",
    async () => {
      const readme = readFileSync(join(PYTHON_CLIENT, 'README.md'), 'utf8');
      const [, code] = /```python taker\n(.*?)```/s.exec(readme)!;
      expect(code!.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(15);
      const program = join(folder, 'taker.py');
      writeFileSync(program, code!);

      const proxy = await TroubledProxy.before(service.url);
      const taker = await launch(program, proxy.url);
      await until(() => proxy.opened > 0 || taker.child.exitCode !== null, 'the taker to listen');
      const maker = await service.newMaker();
      const { id } = await maker.place();
      await until(async () => (await maker.order(id)).status === 'locked', 'the lock');
      succeeded(await maker.cancel(id), 202);
      await until(async () => (await maker.order(id)).status === 'cancelled', 'the answer');
      expect((await maker.order(id)).cancellation).toMatchObject({ message: 'Not traded yet' });
      await taker.stop();
      await proxy.stop();
      expect(taker.stderr).toBe('');
    },
    PATIENCE_MS,
  );

  test(
    'makes every call of a taker',
    async () => {
      await (await service.newMaker()).place();
      const taker = await launch('test/python-client/calls.py', service.url);
      expect([await taker.end(), taker.stderr]).toEqual([0, '']);
      expect(JSON.parse(taker.stdout)).toEqual({
        valid: true,
        locked: 1,
        status: 'rejected',
        changes: ['pending', 'locked', 'pending', 'locked', 'rejected'],
        events: false,
        fills: 0,
        asked: 0,
        chain: service.settings.EIP712_CHAIN_ID,
        refused: [409, 409005, true],
      });
    },
    PATIENCE_MS,
  );
});
