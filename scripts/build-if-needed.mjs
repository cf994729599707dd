// Builds when the build is missing or older than a source. An installation without sources or compiler is left as it is.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STAMP = 'dist/.built';
const SOURCES = [
  'src',
  'apps',
  'libs',
  'bench',
  'test/model',
  'clients',
  'scripts/pack-clients.mjs',
  'ormconfig.ts',
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
];
const COMPILER = 'node_modules/@nestjs/cli/bin/nest.js';
const BUNDLER = 'node_modules/vite/bin/vite.js';

/** What is made beside sources: by packing a library, and by running Python. */
const MADE = new Set(['dist', '__pycache__', '.mypy_cache']);

/** When the newest file was changed. */
function newest(path) {
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  const inside = readdirSync(path).filter((name) => !MADE.has(name));
  return Math.max(0, ...inside.map((name) => newest(join(path, name))));
}

async function run(program, ...args) {
  const [status] = await once(
    spawn(process.execPath, [program, ...args], { stdio: ['ignore', 2, 2] }),
    'exit',
  );
  if (status !== 0) process.exit(1);
}

const builtAt = existsSync(STAMP) ? statSync(STAMP).mtimeMs : 0;
const stale = SOURCES.some((path) => existsSync(path) && newest(path) > builtAt);
if (existsSync(COMPILER) && stale) {
  process.stderr.write('lockstep: building …\n');
  rmSync('dist', { recursive: true, force: true });
  await run(COMPILER, 'build'); // it empties dist
  await Promise.all([
    run(BUNDLER, 'build', 'apps/console', '--logLevel', 'warn'),
    run('scripts/pack-clients.mjs'),
  ]);
  writeFileSync(STAMP, '');
}
