import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '#database';
import { Client } from 'pg';

const run = promisify(execFile);
export const BINARIES = '/usr/lib/postgresql/15/bin';

/** Whether Debian's postgresql-15 is here: the embedded one has no programs for replication. */
export const hasDebianPostgres = existsSync(`${BINARIES}/pg_basebackup`);

/** A PostgreSQL for what the embedded one cannot show, replication and TLS; anyone may come in as postgres. */
export class DebianPostgres {
  private constructor(
    readonly folder: string,
    readonly port: number,
  ) {}

  static async start(options = ''): Promise<DebianPostgres> {
    const server = await DebianPostgres.prepare();
    await server.run('initdb', '-D', server.data, '-A', 'trust', '-U', 'postgres', '-N', '-E', 'UTF8');
    await server.startUp(options);
    return server;
  }

  /** A server with this folder of its own as user postgres, not started. */
  private static async prepare(): Promise<DebianPostgres> {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-debian-'));
    chmodSync(folder, 0o755);
    const server = new DebianPostgres(folder, await freePort());
    server.give(folder);
    return server;
  }

  /** A standby that follows this one. */
  async standby(): Promise<DebianPostgres> {
    const server = await DebianPostgres.prepare();
    const from = ['-h', '127.0.0.1', '-p', String(this.port), '-U', 'postgres'];
    await server.run('pg_basebackup', ...from, '-D', server.data, '-R', '-X', 'stream', '-c', 'fast');
    await server.startUp('');
    return server;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  url(database = 'postgres'): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  /** Makes a file the server's own. */
  give(path: string): void {
    if (process.getuid?.() === 0) chownSync(path, idOf('-u'), idOf('-g'));
  }

  async query(sql: string): Promise<void> {
    const client = new Client({ connectionString: this.url() });
    await client.connect();
    await client.query(sql);
    await client.end();
  }

  async startUp(options: string): Promise<void> {
    const settings = `-p ${this.port} -h 127.0.0.1 -k '${this.folder}' -c wal_level=replica ${options}`;
    await this.run('pg_ctl', 'start', '-D', this.data, '-l', join(this.folder, 'log'), '-w', '-o', settings);
  }

  async promote(): Promise<void> {
    await this.run('pg_ctl', 'promote', '-D', this.data, '-w');
  }

  async shutDown(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    await this.run('pg_ctl', 'stop', '-D', this.data, '-m', mode, '-w');
  }

  async stop(): Promise<void> {
    if (existsSync(join(this.data, 'postmaster.pid'))) await this.shutDown('immediate');
    rmSync(this.folder, { recursive: true });
  }

  private async run(program: string, ...args: string[]): Promise<void> {
    const command = [join(BINARIES, program), ...args];
    const asUser = ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--clear-groups', '--'];
    const [first, ...others] = process.getuid?.() === 0 ? [...asUser, ...command] : command;
    await run(first!, others, { cwd: this.folder, env: { ...process.env, LC_ALL: 'C.UTF-8' } });
  }
}

const idOf = (flag: '-u' | '-g'): number => Number(execFileSync('id', [flag, 'postgres']).toString());
