import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LaunchError } from './process-lifecycle.js';

export function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (error) {
    throw unusable(error);
  }
}

function unusable(error: unknown): LaunchError {
  return new LaunchError(`DATA_DIR cannot be used: ${(error as Error).message}`);
}

/** A random secret (256 bits, hex) that is made at first use and kept in a file that only its owner can read. */
export function keptSecret(dataDir: string, name: string): string {
  const file = join(dataDir, name);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(error);
  }
  makeDataDir(dataDir);
  // The link appears whole or not at all, so of several processes that start at once all read the same secret.
  const draft = `${file}.${process.pid}`;
  write(draft, randomBytes(32).toString('hex'));
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
    writeFileSync(file, secret, { mode: 0o600 });
  } catch (error) {
    throw unusable(error);
  }
}
