// Puts the client packages and the takers to start from into dist/clients, which the service serves under /guide/clients/.
import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const FOLDER = resolve('dist', 'clients');
const EXAMPLES = ['java/Taker.java', 'go/taker.go', 'go/go.mod', 'go/go.sum'];
const PYTHON_FILES = ['LICENSE', 'README.md', 'lockstep', 'pyproject.toml'];

const run = promisify(execFile);

const packNpm = (library) =>
  run('npm', ['pack', '--silent', '--pack-destination', FOLDER], { cwd: join('libs', library) });

/** As source archives are: in a folder of its name. */
async function packPython() {
  const project = readFileSync(join('clients', 'python', 'pyproject.toml'), 'utf8');
  const [, name] = /^name = "(.+)"$/m.exec(project);
  const [, version] = /^version = "(.+)"$/m.exec(project);
  const whole = `${name}-${version}`;
  const above = mkdtempSync(join(tmpdir(), 'lockstep-'));
  const filter = (path) => !path.includes('__pycache__');
  for (const file of PYTHON_FILES) {
    cpSync(join('clients', 'python', file), join(above, whole, file), { recursive: true, filter });
  }
  await run('tar', ['-czf', join(FOLDER, `${whole}.tar.gz`), '-C', above, whole]);
  rmSync(above, { recursive: true });
}

mkdirSync(FOLDER, { recursive: true });
for (const file of EXAMPLES) copyFileSync(join('clients', file), join(FOLDER, basename(file)));
await Promise.all([packNpm('client'), packNpm('cli'), packPython()]);
