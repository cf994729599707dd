import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The last commit at which positions in the log were transaction numbers. */
const COMMIT = '7b63f72c49e16a5477d159511e86c604814df549';
const FOLDER = resolve('.data/earlier', COMMIT);
const BUILT = join(FOLDER, 'dist', '.built');

/** Whether the project's history is here; in an archive or a shallow clone it is not. */
export const isEarlierKnown = succeeds('git', ['cat-file', '-e', `${COMMIT}^{commit}`]);

/** The folder of a build of the version before, made once. What it alone imports is a development dependency of this one. */
export function earlierBuild(): string {
  if (existsSync(BUILT)) return FOLDER;
  // two test files may make it at the same time
  const making = `${FOLDER}-${process.pid}`;
  mkdirSync(making, { recursive: true });
  const archive = execFileSync('git', ['archive', COMMIT], { maxBuffer: 256 * 1024 * 1024 });
  execFileSync('tar', ['-x', '-C', making], { input: archive });
  symlinkSync(resolve('node_modules'), join(making, 'node_modules'));
  // its types were checked at its time
  const config = join(making, 'tsconfig.json');
  const options = '"compilerOptions": {';
  writeFileSync(config, readFileSync(config, 'utf8').replace(options, `${options} "noCheck": true,`));
  execFileSync(process.execPath, ['scripts/build-if-needed.mjs'], { cwd: making, stdio: 'pipe' });
  if (!existsSync(BUILT)) {
    rmSync(FOLDER, { recursive: true, force: true });
    renameSync(making, FOLDER);
  } else rmSync(making, { recursive: true });
  return FOLDER;
}

function succeeds(program: string, args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
