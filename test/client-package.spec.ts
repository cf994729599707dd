import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generatePrivateKey } from 'viem/accounts';
import { ServiceProcess } from './support/service-process.js';
import { startService, type TestService } from './support/service.js';
import { TroubledProxy } from './support/troubled-proxy.js';
import { until } from './support/until.js';

/** The client as it is published: packed, unpacked beside nothing but what it declares, and run as its README says. */
const CLIENT = 'libs/client';
const PATIENCE_MS = 120_000;

let service: TestService;
let folder: string;
beforeAll(async () => {
  service = await startService();
  folder = mkdtempSync(join(tmpdir(), 'lockstep-client-'));
  installPackage();
}, PATIENCE_MS);
afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

function installPackage(): void {
  const [tarball] = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: CLIENT })
    .toString()
    .split('\n');
  const modules = join(folder, 'node_modules');
  const target = join(modules, 'lockstep-client');
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['xf', join(folder, tarball!), '--strip-components=1', '-C', target]);
  const { dependencies } = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(dependencies), '@types']) {
    symlinkSync(resolve('node_modules', name), join(modules, name));
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
}

/** Writes the programs of the README down, and compiles them as a user with strict settings would. */
function compile(...names: string[]): string[] {
  const readme = readFileSync(join(CLIENT, 'README.md'), 'utf8');
  for (const name of names) {
    const [, code] = new RegExp(`\`\`\`ts ${name}\n(.*?)\`\`\``, 's').exec(readme)!;
    writeFileSync(join(folder, `${name}.ts`), code!);
  }
  const options = [
    '--strict',
    '--skipLibCheck',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--types',
    'node',
  ];
  execFileSync(resolve('node_modules/.bin/tsc'), [...options, ...names.map((name) => `${name}.ts`)], {
    cwd: folder,
    stdio: 'pipe',
  });
  return names.map((name) => join(folder, `${name}.js`));
}

test('the types are those of the committed openapi.json', () => {
  execFileSync('npm', ['run', '--silent', 'postopenapi', '--', '--check'], { stdio: 'pipe' });
});

test('the package holds what is compiled, its types, README and licence, and nothing else', () => {
  const files = execFileSync('tar', ['tf', join(folder, 'lockstep-client-0.1.0.tgz')])
    .toString()
    .trim()
    .split('\n');
  const other = files.filter((file) => !/^package\/dist\/[\w-]+\.(js|d\.ts)$/.test(file));
  expect(other.toSorted()).toEqual(['package/LICENSE', 'package/README.md', 'package/package.json']);
});

test(
  "the README's taker and maker shake hands, and the taker has 15 lines",
  async () => {
    const [takerProgram, makerProgram] = compile('taker', 'maker') as [string, string];
    const lines = readFileSync(join(folder, 'taker.ts'), 'utf8').split('\n');
    expect(lines.filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(15);

    const run = (program: string, ...args: string[]) =>
      ServiceProcess.launch({}, [process.execPath, program, ...args]);
    const { apiKey, apiSecret, address } = await service.newTaker();
    const proxy = await TroubledProxy.before(service.url);
    const taker = run(takerProgram, proxy.url, apiKey, apiSecret, address);
    await until(() => proxy.opened > 0, 'the taker to listen');
    const maker = run(makerProgram, service.url, generatePrivateKey());
    expect([await maker.end(), maker.stderr]).toEqual([0, '']);
    await taker.stop();
    await proxy.stop();
    expect(taker.stderr).toBe('');
    expect(maker.stdout.trim().split('\n').toSorted()).toEqual([
      'cancellation accepted: Not traded yet',
      'cancellation requested: null',
      'order locked → cancelled',
      'order null → pending',
      'order pending → locked',
    ]);
  },
  PATIENCE_MS,
);
