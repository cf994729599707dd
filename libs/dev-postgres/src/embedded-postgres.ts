import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { keptSecret, LaunchError, makeDataDir } from '#config';
import { APPLICATION_NAME, asLaunchError, DatabaseClient, freePort } from '#database';
import type { Client } from 'pg';
import { handOver, makeDatabase, ROLE } from './database-owner.js';
import { PostgresPrograms, renameOnto } from './postgres-programs.js';

const SUPERUSER = 'postgres';
const DATABASE = 'lockstep';
/** Under DATA_DIR. */
const ROLE_PASSWORD_FILE = 'lockstep-password';
const SUPERUSER_PASSWORD_FILE = 'postgres-password';
/** In the cluster. */
const LOG_FILE = 'server.log';
/** Follows the cluster's name, before the process that makes it. */
const DRAFT = '.new-';
const START_TIMEOUT_SECONDS = 60;
const START_INTERVAL_MS = 100;
const START_OPTIONS = ['-l', LOG_FILE, '-w', '-t', String(START_TIMEOUT_SECONDS)];

/**
 * A real PostgreSQL from npm packages, kept under a folder: for trying the service out, for development and tests.
 *
 * It is a daemon, not a child: Ctrl-C in the terminal must not stop it before the answers in flight are committed,
 * and after a crash of the service the next start finds it running and goes on with it.
 */
export class EmbeddedPostgres {
  private constructor(
    private readonly programs: PostgresPrograms,
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

  /** Starts the cluster of this folder, made first if need be; one that runs already is joined. */
  static async start(dataDir: string, postgresOptions = ''): Promise<EmbeddedPostgres> {
    const embedded = new EmbeddedPostgres(await PostgresPrograms.find(), resolve(dataDir), postgresOptions);
    await embedded.start();
    return embedded;
  }

  /** A cluster of a major version, or of a newer one where that is not installed, that is not started yet. */
  static async ofMajor(major: number, dataDir: string, postgresOptions = ''): Promise<EmbeddedPostgres> {
    return new EmbeddedPostgres(await PostgresPrograms.findMajor(major), resolve(dataDir), postgresOptions);
  }

  async start(): Promise<void> {
    makeDataDir(this.dataDir);
    await this.ensureRunning();
    this.programs.disown(join(this.dataDir, SUPERUSER_PASSWORD_FILE));
    const url = this.url();
    await this.createDatabase().catch((error: unknown) => {
      throw asLaunchError(error, url);
    });
  }

  /** The URL of a database of this cluster, for its owner, who is no superuser. */
  url(database = DATABASE): string {
    return this.urlFor(ROLE, this.secret(ROLE_PASSWORD_FILE), database);
  }

  /** For what only the superuser may do. */
  superuserUrl(database = SUPERUSER): string {
    return this.urlFor(SUPERUSER, this.secret(SUPERUSER_PASSWORD_FILE), database);
  }

  /** Makes a database for the role, if it is not there; one that a superuser has used is handed over to the role. */
  async createDatabase(name = DATABASE, options = ''): Promise<void> {
    const prepare = async (server: Client): Promise<void> => {
      await makeDatabase(server, this.secret(ROLE_PASSWORD_FILE), name, options);
      await this.asSuperuser(name, handOver);
    };
    // it waits for other processes that do the same
    await this.asSuperuser(SUPERUSER, prepare, false);
  }

  /** Stops the cluster, unless another process (the operator's tool, a second instance) still works on it. */
  async stopUnlessInUse(): Promise<void> {
    if (!(await this.answers())) return; // it was killed
    const { rows } = await this.asSuperuser(SUPERUSER, (server) =>
      server.query<{ others: number }>(
        `SELECT count(*)::int AS others FROM pg_stat_activity
          WHERE backend_type = 'client backend' AND application_name <> '${APPLICATION_NAME}'`,
      ),
    );
    if (rows[0]!.others === 0) await this.stop();
  }

  async stop(): Promise<void> {
    await this.programs.pgCtl(this.cluster, 'stop', '-m', 'fast', '-w');
  }

  /** Ends the cluster, however far its start has come, and removes it. */
  async discard(): Promise<void> {
    if (this.isTaken) await this.programs.pgCtl(this.cluster, 'stop', '-m', 'immediate', '-w');
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Stops the cluster as a crash would, nothing written back, and starts it again with the same options. */
  async crash(): Promise<void> {
    await this.programs.pgCtl(this.cluster, 'restart', '-m', 'immediate', ...START_OPTIONS);
  }

  private secret(name: string): string {
    return keptSecret(this.dataDir, name);
  }

  private urlFor(role: string, password: string, database: string): string {
    return `postgres://${role}:${password}@127.0.0.1:${this.port}/${database}`;
  }

  /** Of the server that runs, or that was killed. */
  private get port(): number {
    const [, , , port] = readFileSync(this.pidFile, 'utf8').split('\n');
    return Number(port);
  }

  private get pidFile(): string {
    return join(this.cluster, 'postmaster.pid');
  }

  private async asSuperuser<T>(
    database: string,
    work: (client: Client) => Promise<T>,
    hasTimeLimits = true,
  ): Promise<T> {
    const connectionString = this.superuserUrl(database);
    const client: Client = new DatabaseClient({ connectionString, hasTimeLimits });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  private async answers(): Promise<boolean> {
    return this.asSuperuser(SUPERUSER, (server) => server.query('SELECT 1')).then(
      () => true,
      () => false,
    );
  }

  /** Another process may make, start or stop it at the same moment. */
  private async ensureRunning(): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_SECONDS * 1000;
    while (!(await this.answers())) {
      await this.initialise();
      const wasTaken = this.isTaken;
      const error = await this.startDaemon();
      if (!error) return;
      if (!(wasTaken || this.isTaken) || performance.now() > deadline) {
        const log = join(this.cluster, LOG_FILE);
        throw new LaunchError(`the embedded PostgreSQL did not start (see ${log}): ${error.message}`);
      }
      await delay(START_INTERVAL_MS);
    }
  }

  /** Whether a process has the cluster. */
  private get isTaken(): boolean {
    try {
      const pid = Number.parseInt(readFileSync(this.pidFile, 'utf8'), 10);
      return Number.isNaN(pid) || isAlive(pid); // it is not written yet
    } catch {
      return false;
    }
  }

  /** Makes the cluster beside its place and then moves it there, so that one that is there is whole. */
  private async initialise(): Promise<void> {
    if (existsSync(this.cluster)) return;
    const password = this.secret(SUPERUSER_PASSWORD_FILE);
    this.removeLeftDrafts();
    const draft = `${this.cluster}${DRAFT}${process.pid}`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { mode: 0o700 });
    await this.programs.initdb(draft, password);
    renameOnto(draft, this.cluster);
    rmSync(draft, { recursive: true, force: true });
  }

  /** Those of processes that were killed over them. */
  private removeLeftDrafts(): void {
    const prefix = basename(this.cluster) + DRAFT;
    for (const name of readdirSync(this.dataDir)) {
      if (name.startsWith(prefix) && !isAlive(Number(name.slice(prefix.length))))
        rmSync(join(this.dataDir, name), { recursive: true, force: true });
    }
  }

  /** Returns why it did not start, if so. */
  private async startDaemon(): Promise<Error | undefined> {
    // where the services look for it that were there when it was killed
    const port = await freePort(existsSync(this.pidFile) ? this.port : 0);
    const options = `-p ${port} -h 127.0.0.1 -k '' ${this.postgresOptions}`;
    return this.programs.pgCtl(this.cluster, 'start', ...START_OPTIONS, '-o', options).then(
      () => undefined,
      (error: Error) => error,
    );
  }
}

function clusterOf(dataDir: string): string {
  return join(dataDir, 'postgres');
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
