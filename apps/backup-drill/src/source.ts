import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadDatabaseSettings } from '#config';
import { asLaunchError, placeOf } from '#database';
import { openDatabase, requireDatabase } from '#dev-postgres';
import dataSource from '../../../ormconfig.js';
import { type MissedMessages, readMissed } from './missed-messages.js';
import { run } from './run.js';
import type { Tell } from './steps.js';

const BACKUP_SCRIPT = fileURLToPath(
  new URL('../../../../deploy/kubernetes/backup/backup.sh', import.meta.url),
);

/** A dump, and what a taker has missed that went away before it, where that was asked before. */
export interface Dump {
  file: string;
  /** The major version of PostgreSQL that it is of. */
  major: number;
  missed?: MissedMessages;
}

/** Dumps the service's database as its daily job does. Nothing is written there. */
export async function dumpSource(folder: string, signal: AbortSignal, tell: Tell): Promise<Dump> {
  const settings = loadDatabaseSettings();
  requireDatabase(settings);
  const database = await openDatabase(settings, dataSource);
  try {
    const missed = await readMissed(dataSource);
    const env = {
      ...process.env,
      DATABASE_URL: database.url,
      BACKUP_DIR: folder,
      BACKUP_KEEP_DAYS: '1',
    };
    const file = (await run(['bash', BACKUP_SCRIPT], env, signal)).trim();
    tell(`${sizeOf(file)} of ${placeOf(database.url)}`);
    return { file, major: await majorOf(file, signal), missed };
  } catch (error) {
    throw asLaunchError(error, database.url);
  } finally {
    await database.close();
  }
}

/** A dump that was made before. */
export async function givenDump(file: string, signal: AbortSignal, tell: Tell): Promise<Dump> {
  const major = await majorOf(file, signal);
  tell(`${sizeOf(file)} in ${file}`);
  return { file, major };
}

const KILOBYTE = 1000;

function sizeOf(file: string): string {
  return `${Math.ceil(statSync(file).size / KILOBYTE).toLocaleString('en')} kB`;
}

/** As its table of contents says, which stands at its beginning. */
async function majorOf(file: string, signal: AbortSignal): Promise<number> {
  const contents = await run(['pg_restore', '--list', file], process.env, signal);
  return Number(/Dumped from database version: (\d+)/.exec(contents)?.[1]);
}
