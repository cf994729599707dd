// Packs the client packages into dist/clients, from where the service serves them under /guide/clients/.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const FOLDER = join('dist', 'clients');
const PYTHON_FILES = ['LICENSE', 'README.md', 'lockstep', 'pyproject.toml'];

const run = (program, args, cwd) => execFileSync(program, args, { cwd, stdio: ['ignore', 'ignore', 2] });

mkdirSync(FOLDER, { recursive: true });
run('npm', ['pack', '--silent', '--pack-destination', resolve(FOLDER)], join('libs', 'client'));

const [, version] = /^version = "(.+)"$/m.exec(
  readFileSync(join('clients', 'python', 'pyproject.toml'), 'utf8'),
);
run('tar', [
  '--exclude=__pycache__',
  '-czf',
  join(FOLDER, `lockstep-client-${version}.tar.gz`),
  '-C',
  'clients',
  ...PYTHON_FILES.map((name) => `python/${name}`),
]);
