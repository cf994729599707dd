import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LaunchError } from './process-lifecycle.js';

const SECRET_BYTES = 32;
const SECRET = /^[0-9a-f]{64}$/;

export function makeDataDir(dataDir: string): void {
  try {
    makeFolder(resolve(dataDir));
  } catch (error) {
    throw unusable(error);
  }
}

/** Level by level: Node.js itself does not come to an end where a folder cannot be made in one that is there, as in /proc. */
function makeFolder(path: string): void {
  if (isFolder(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (!isFolder(path)) throw error; // else another process was faster
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

function unusable(error: unknown): LaunchError {
  return new LaunchError(`DATA_DIR cannot be used: ${(error as Error).message}`);
}

/**
 * A secret that is kept, if there is one. A file in which something else stands was damaged: to go on would mean to sign
 * with what anybody can guess.
 */
export function findSecret(dataDir: string, name: string): string | undefined {
  const file = join(dataDir, name);
  const secret = read(file);
  if (secret === undefined || SECRET.test(secret)) return secret;
  throw new LaunchError(
    `${resolve(file)} must have ${SECRET_BYTES * 2} hex digits and nothing else: restore it from a backup`,
  );
}

/** A random secret (256 bits, hex) that is made at first use and kept in a file that only its owner can read. */
export function keptSecret(dataDir: string, name: string): string {
  return findSecret(dataDir, name) ?? make(dataDir, join(dataDir, name));
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(error);
  }
}

function make(dataDir: string, file: string): string {
  makeDataDir(dataDir);
  // The link appears whole or not at all, so of several processes that start at once all read the same secret.
  const draft = `${file}.${process.pid}`;
  write(draft, randomBytes(SECRET_BYTES).toString('hex'));
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(file, 'utf8');
}

function write(file: string, secret: string): void {
  try {
    writeFileSync(file, secret, { mode: 0o600, flush: true });
  } catch (error) {
    throw unusable(error);
  }
}
