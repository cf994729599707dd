import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { DebianPostgres } from './debian-postgres.js';
import { until } from './until.js';

const run = promisify(execFile);

const BINARIES = '/usr/lib/postgresql/15/bin';
const SETTINGS = {
  // every process at its pool's limit, and as many again that hang
  max_connections: '300',
  max_prepared_transactions: '5',
  // processes are killed here, machines are not
  fsync: 'off',
};

/** A PostgreSQL that is frozen, killed, cut off from its primary, promoted, dumped and restored. */
export class ReplicatedPostgres {
  private constructor(private readonly server: DebianPostgres) {}

  /** A new, empty one. */
  static async create(): Promise<ReplicatedPostgres> {
    const server = await DebianPostgres.start();
    for (const [name, value] of Object.entries(SETTINGS))
      await server.query(`ALTER SYSTEM SET ${name} = '${value}'`);
    await server.shutDown();
    await server.startUp('');
    return new ReplicatedPostgres(server);
  }

  /** A hot standby of this one, with its settings. */
  async standby(): Promise<ReplicatedPostgres> {
    return new ReplicatedPostgres(await this.server.standby());
  }

  /** The URL of a database of it. */
  url(database: string): string {
    return this.server.url(database);
  }

  /** Starts it as it was left. */
  start(): Promise<void> {
    return this.server.startUp('');
  }

  promote(): Promise<void> {
    return this.server.promote();
  }

  /** Runs a statement on a connection of its own. */
  async query<Row extends object>(sql: string): Promise<Row[]> {
    const client = new Client({ connectionString: this.url('postgres') });
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** No commit of it is done from now on before a standby has it, or all of them are again. */
  async waitForStandby(wait: boolean): Promise<void> {
    await this.set('synchronous_standby_names', wait ? '*' : '');
    if (!wait) return;
    // until it has caught up, commits would hang
    const inStep = () =>
      this.query(`SELECT FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'`);
    await until(async () => (await inStep()).length > 0, 'a standby that is in step');
  }

  /** Of a standby: it hears nothing from its primary any more. */
  async detach(): Promise<void> {
    await this.set('primary_conninfo', '');
    const receivers = () => this.query('SELECT FROM pg_stat_wal_receiver');
    await until(async () => (await receivers()).length === 0, 'the standby to be on its own');
  }

  /** All its processes stand still; its connections stay open. */
  freeze(): void {
    // first the one that starts others
    signal(this.processes.slice(0, 1), 'SIGSTOP');
    signal(this.processes, 'SIGSTOP');
  }

  /** `kill -9` of all its processes, frozen or not. */
  async kill(): Promise<void> {
    const { processes } = this;
    signal(processes, 'SIGKILL');
    await until(() => !processes.some(isThere), 'PostgreSQL to be gone');
  }

  /** Ends it, and deletes what it has. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.server.folder, { recursive: true });
  }

  /** A dump of a database of it, as a file that `restore` takes. */
  async dump(database: string): Promise<string> {
    const file = join(this.server.folder, `${database}.dump`);
    await run(join(BINARIES, 'pg_dump'), ['-Fc', '-f', file, this.url(database)]);
    return file;
  }

  async restore(database: string, file: string): Promise<void> {
    await this.query(`CREATE DATABASE ${database}`);
    await run(join(BINARIES, 'pg_restore'), ['--exit-on-error', '-d', this.url(database), file]);
  }

  /** First their parent. */
  private get processes(): number[] {
    const first = Number(readFileSync(join(this.server.data, 'postmaster.pid'), 'utf8').split('\n')[0]);
    return [first, ...childrenOf(first)].filter(isThere);
  }

  private async set(name: string, value: string): Promise<void> {
    await this.query(`ALTER SYSTEM SET ${name} = '${value}'`);
    await this.query('SELECT pg_reload_conf()');
    const isSet = async () => {
      const [row] = await this.query<Record<string, string>>(`SHOW ${name}`);
      return row![name] === value;
    };
    await until(isSet, `${name} to be '${value}'`);
  }
}

function childrenOf(pid: number): number[] {
  const list = execFileSync('ps', ['-A', '-o', 'ppid=,pid='], { encoding: 'utf8' });
  const pairs = list
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.filter(([parent]) => parent === pid).map(([, child]) => child!);
}

/** A child may be gone as soon as its parent is. */
function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids.filter(isThere)) process.kill(pid, name);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
