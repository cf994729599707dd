// Packs the client packages into dist/clients, from where the service serves them under /guide/clients/.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const FOLDER = resolve('dist', 'clients');
const PYTHON_FILES = ['LICENSE', 'README.md', 'lockstep', 'pyproject.toml'];

const run = promisify(execFile);

const packNpm = (library) =>
  run('npm', ['pack', '--silent', '--pack-destination', FOLDER], { cwd: join('libs', library) });

function packPython() {
  const project = readFileSync(join('clients', 'python', 'pyproject.toml'), 'utf8');
  const [, name] = /^name = "(.+)"$/m.exec(project);
  const [, version] = /^version = "(.+)"$/m.exec(project);
  const files = PYTHON_FILES.map((file) => `python/${file}`);
  const archive = join(FOLDER, `${name}-${version}.tar.gz`);
  return run('tar', ['--exclude=__pycache__', '-czf', archive, '-C', 'clients', ...files]);
}

mkdirSync(FOLDER, { recursive: true });
await Promise.all([packNpm('client'), packNpm('cli'), packPython()]);
