// Builds when the build is missing or older than a source. An installation without sources or compiler is left as it is.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STAMP = 'dist/.built';
const SOURCES = [
  'src',
  'apps',
  'libs',
  'bench',
  'test/model',
  'ormconfig.ts',
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
];
const COMPILER = 'node_modules/@nestjs/cli/bin/nest.js';
const BUNDLER = 'node_modules/vite/bin/vite.js';

/** When the newest file was changed: a folder changes also when a library in it is packed, which makes its dist. */
function newest(path) {
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  const inside = readdirSync(path).filter((name) => name !== 'dist');
  return Math.max(0, ...inside.map((name) => newest(join(path, name))));
}

function run(program, ...args) {
  const { status } = spawnSync(process.execPath, [program, ...args], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(1);
}

const builtAt = existsSync(STAMP) ? statSync(STAMP).mtimeMs : 0;
const stale = SOURCES.some((path) => existsSync(path) && newest(path) > builtAt);
if (existsSync(COMPILER) && stale) {
  process.stderr.write('lockstep: building …\n');
  rmSync('dist', { recursive: true, force: true });
  run(COMPILER, 'build');
  run(BUNDLER, 'build', 'apps/console', '--logLevel', 'warn');
  writeFileSync(STAMP, '');
}
