// Puts the client packages and the takers to start from into dist/clients, which the service serves under /guide/clients/.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const FOLDER = resolve('dist', 'clients');
const EXAMPLES = ['java/Taker.java', 'go/taker.go', 'go/go.mod', 'go/go.sum'];
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
for (const file of EXAMPLES) copyFileSync(join('clients', file), join(FOLDER, basename(file)));
await Promise.all([packNpm('client'), packNpm('cli'), packPython()]);
