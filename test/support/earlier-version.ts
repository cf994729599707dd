import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The last commit at which positions in the log were transaction numbers. */
const COMMIT = '7b63f72c49e16a5477d159511e86c604814df549';
const FOLDER = resolve('.data/earlier', COMMIT);

/** Whether the project's history is here; in an archive or a shallow clone it is not. */
export const isEarlierKnown = succeeds('git', ['cat-file', '-e', `${COMMIT}^{commit}`]);

/** The folder of a build of the version before, made once. What it alone imports is a development dependency of this one. */
export function earlierBuild(): string {
  if (existsSync(join(FOLDER, 'dist', '.built'))) return FOLDER;
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const archive = execFileSync('git', ['archive', COMMIT], { maxBuffer: 256 * 1024 * 1024 });
  execFileSync('tar', ['-x', '-C', FOLDER], { input: archive });
  symlinkSync(resolve('node_modules'), join(FOLDER, 'node_modules'));
  execFileSync(process.execPath, ['scripts/build-if-needed.mjs'], { cwd: FOLDER, stdio: 'pipe' });
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
