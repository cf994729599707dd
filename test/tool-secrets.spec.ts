import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { loadSettings } from '#config';
import { AcceptedKeys, TakersService } from '#trading';
import type { Run } from './support/admin-tool.js';
import { ExternalService } from './support/external-service.js';

/** The operator's tool beside a service whose MASTER_KEY it was not given. */
jest.setTimeout(60_000);

let service: ExternalService;
let folder: string;
let takerId: string;
beforeAll(async () => {
  service = await ExternalService.prepare();
  ({ takerId } = await new TakersService(service.dataSource).create('Broker', [`0x${'5c'.repeat(20)}`]));
  folder = mkdtempSync(join(tmpdir(), 'lockstep-tool-secrets-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await service.drop();
});

function run(settings: NodeJS.ProcessEnv, ...args: string[]): Promise<Run> {
  const { DATABASE_URL } = service.environment;
  const env = { PATH: process.env.PATH, DATABASE_URL, ...settings };
  return new Promise((resolve) => {
    execFile(process.execPath, ['dist/apps/admin/src/main.js', ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}
const createKey = (settings: NodeJS.ProcessEnv) => run(settings, 'key', 'create', '--taker', takerId);

test('without the MASTER_KEY of the service it makes no key, no secret and no folder', async () => {
  const DATA_DIR = join(folder, 'mistyped');
  expect(await createKey({ DATA_DIR })).toEqual({
    code: 1,
    stdout: '',
    stderr: `lockstep: MASTER_KEY must be set as the service has it: DATA_DIR (${DATA_DIR}) holds none of a service\n`,
  });
  const listed = await run({ DATA_DIR }, 'key', 'list');
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(listed.stdout)).toEqual([]);
  expect(existsSync(DATA_DIR)).toBe(false);
});

test('in production it refuses as the service does', async () => {
  const production = { NODE_ENV: 'production', JWT_SECRET: 'a-secret-that-only-this-test-knows-of' };
  const { code, stderr } = await createKey(production);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'lockstep: MASTER_KEY must be set when NODE_ENV is production\n',
  });
});

test('it takes the one that the service keeps under DATA_DIR', async () => {
  const DATA_DIR = join(folder, 'kept');
  const settings = loadSettings({ DATA_DIR, SANDBOX: 'off' });
  const made = await createKey({ DATA_DIR });
  expect(made.stderr).toBe('');
  const { api_key, api_secret } = JSON.parse(made.stdout);
  const known = await new AcceptedKeys(service.dataSource, settings).authenticate(api_key);
  expect(known).toMatchObject({ secrets: [api_secret] });
  expect(readdirSync(DATA_DIR).toSorted()).toEqual(['jwt-secret', 'master-key']);
});
