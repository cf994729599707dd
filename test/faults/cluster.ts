import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EmbeddedPostgres } from '#dev-postgres';
import { Database } from './database.js';

const FOLDER = resolve('.data/faults');
/** Below the server's working directory: it may not be able to enter the folder of the clone. */
const TABLESPACE = join(FOLDER, 'postgres', 'tablespace');
const LOCATION = '/proc/self/cwd/tablespace';
const FILLER = join(TABLESPACE, 'filler');
/** Far more than a run writes. */
const TABLESPACE_SIZE = '128m';
/** Of PostgreSQL's pages. */
const BLOCK_BYTES = 8192;
const DATABASE = 'faults';
/** Enough for every process at its pool's limit, and few enough to be used up. */
const MAX_CONNECTIONS = 80;

/** A PostgreSQL of the suite's own, made anew for every run: it is to be broken. */
export class Cluster extends Database {
  private constructor(
    private readonly postgres: EmbeddedPostgres,
    url: URL,
    /** Why the disk under its data cannot be filled up here, if it cannot. */
    readonly noTablespace: string | undefined,
  ) {
    super(url);
  }

  static async start(): Promise<Cluster> {
    await Cluster.removeOld();
    const postgres = await EmbeddedPostgres.start(FOLDER, `-c max_connections=${MAX_CONNECTIONS}`);
    const noTablespace = mountTablespace();
    const cluster = new Cluster(postgres, new URL(postgres.url(DATABASE)), noTablespace);
    if (noTablespace === undefined) {
      const createTablespace = `CREATE TABLESPACE small LOCATION '${LOCATION}'`;
      await cluster.query(createTablespace, [], postgres.superuserUrl());
    }
    await postgres.createDatabase(DATABASE, noTablespace === undefined ? 'TABLESPACE small' : '');
    return cluster;
  }

  async stop(): Promise<void> {
    await this.postgres.stop();
    unmountTablespace();
  }

  /** `pg_ctl restart -m immediate`. */
  crash(): Promise<void> {
    return this.postgres.crash();
  }

  /** Takes what is left of the disk under the data; the write-ahead log lies on another one. */
  fillDisk(): void {
    const file = openSync(FILLER, 'w');
    try {
      for (;;) writeSync(file, Buffer.alloc(BLOCK_BYTES));
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  freeDisk(): void {
    rmSync(FILLER);
  }

  private static async removeOld(): Promise<void> {
    if (existsSync(join(FOLDER, 'postgres', 'postmaster.pid')))
      await (await EmbeddedPostgres.start(FOLDER)).stop();
    unmountTablespace();
    rmSync(FOLDER, { recursive: true, force: true });
  }
}

/** A small tmpfs; returns why there is none, if there is none. */
function mountTablespace(): string | undefined {
  mkdirSync(TABLESPACE);
  try {
    const options = `size=${TABLESPACE_SIZE},mode=0700,uid=${idOf('-u')},gid=${idOf('-g')}`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', TABLESPACE], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `no tmpfs can be mounted here: ${String((error as { stderr?: unknown }).stderr ?? error).trim()}`;
  }
}

function unmountTablespace(): void {
  if (!existsSync(TABLESPACE)) return;
  try {
    execFileSync('umount', [TABLESPACE], { stdio: 'pipe' });
  } catch {
    // nothing is mounted there
  }
}

/** Of the user under which PostgreSQL runs when the tests run as root; others cannot mount anyway. */
function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
}
