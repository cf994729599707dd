import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { BINARIES, DebianPostgres, hasDebianPostgres } from './support/debian-postgres.js';
import { ExternalService } from './support/external-service.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { processesOf } from './support/processes.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';

/** `npm run backup-drill` on the database of a service. The embedded PostgreSQL lacks the programs that dump and restore. */
const DRILL = [process.execPath, 'dist/apps/backup-drill/src/main.js'];
const PATH = `${BINARIES}:${process.env.PATH}`;
const PATIENCE_MS = 120_000;
if (!hasDebianPostgres) console.warn('skipped: the drill needs Debian: apt-get install postgresql-15');

jest.setTimeout(PATIENCE_MS);

/** A drill with a folder for its temporary files. */
class Drill {
  readonly process: ServiceProcess;

  constructor(
    private readonly folder: string,
    environment: NodeJS.ProcessEnv,
    ...args: string[]
  ) {
    mkdirSync(folder);
    this.process = ServiceProcess.launch({ PATH, TMPDIR: folder, ...environment }, [...DRILL, ...args]);
  }

  /** How it ends, which is without anything left behind. */
  async end(): Promise<{ code: number | null; steps: string[]; stderr: string }> {
    const code = await this.process.end();
    expect([readdirSync(this.folder), processesOf(this.folder)]).toEqual([[], []]);
    const { stdout, stderr } = this.process;
    return { code, steps: stdout.trimEnd().split('\n'), stderr };
  }
}

const line = (step: string, words: string) =>
  expect.stringMatching(new RegExp(`^${step} +\\d+\\.\\d s  ${words}$`));

(hasDebianPostgres ? describe : describe.skip)('of a database with orders in each state', () => {
  let source: DebianPostgres;
  let folder: string;
  let transactions: unknown;
  let drills: Record<'fresh' | 'given' | 'cutOff' | 'broken' | 'interrupted' | 'held', Drill>;

  /** Has a table of the database `held`, so that a dump of it waits. */
  let holder: Client;

  const urlOf = (database: string): string => source.url(database).replace('postgres@', 'lockstep@');

  async function connectTo(database: string): Promise<Client> {
    const client = new Client({ connectionString: source.url(database) });
    await client.connect();
    return client;
  }

  /** The number of the next transaction that writes. */
  const nextTransaction = async (): Promise<unknown> =>
    (await holder.query('SELECT pg_snapshot_xmax(pg_current_snapshot()) AS next')).rows[0].next;

  const isDumpHeld = async (): Promise<boolean> =>
    (await holder.query(`SELECT FROM pg_locks WHERE NOT granted`)).rowCount === 1;

  async function trade(): Promise<void> {
    const service = await ExternalService.on(urlOf('lockstep'));
    const running = await service.start();
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    await maker.place();
    await lockedOrder(service, { maker, taker });
    await askedOrder(service, { maker, taker });
    const filled = await lockedOrder(service, { maker, taker });
    succeeded(await taker.fill(filled.placed), 200);
    const cancelled = await askedOrder(service, { maker, taker });
    succeeded(await taker.answer(cancelled.hash, true), 200);
    await running.stop();
    await service.drop();
  }

  async function dumpInto(backups: string): Promise<string> {
    mkdirSync(backups);
    const env = { PATH, DATABASE_URL: urlOf('lockstep'), BACKUP_DIR: backups, BACKUP_KEEP_DAYS: '1' };
    const { stdout } = await promisify(execFile)('bash', ['deploy/kubernetes/backup/backup.sh'], { env });
    return stdout.trim();
  }

  beforeAll(async () => {
    source = await DebianPostgres.start('-c fsync=off -c autovacuum=off');
    await source.query('CREATE ROLE lockstep LOGIN');
    await source.query('CREATE DATABASE lockstep OWNER lockstep');
    await trade();
    await source.query('CREATE DATABASE broken OWNER lockstep TEMPLATE lockstep');
    await source.query('CREATE DATABASE held OWNER lockstep TEMPLATE lockstep');
    holder = await connectTo('held');
    const broken = await connectTo('broken');
    await broken.query(`UPDATE orders SET version = version + 1 WHERE status = 'filled'`);
    await broken.end();
    folder = mkdtempSync(join(tmpdir(), 'lockstep-drills-'));
    chmodSync(folder, 0o711);
    const dump = await dumpInto(join(folder, 'backups'));
    const cutOff = join(folder, 'backups', 'cut-off');
    copyFileSync(dump, cutOff);
    truncateSync(cutOff, statSync(dump).size - 100);
    await holder.query('BEGIN; LOCK TABLE orders');
    transactions = await nextTransaction();

    const at = (name: string) => join(folder, name);
    const onSource = { DATABASE_URL: urlOf('lockstep') };
    drills = {
      fresh: new Drill(at('fresh'), onSource),
      given: new Drill(at('given'), {}, '--dump', dump),
      cutOff: new Drill(at('cut-off'), {}, '--dump', cutOff),
      broken: new Drill(at('broken'), { DATABASE_URL: urlOf('broken') }),
      interrupted: new Drill(at('interrupted'), onSource),
      held: new Drill(at('held'), { DATABASE_URL: urlOf('held') }),
    };
  }, PATIENCE_MS);
  afterAll(async () => {
    await Promise.all(Object.values(drills ?? {}).map(({ process }) => process.stop()));
    await holder?.end();
    await source?.stop();
    rmSync(folder, { recursive: true });
  });

  test('interrupted, it does not wait for a dump to end', async () => {
    await until(isDumpHeld, 'a dump that waits', PATIENCE_MS);
    drills.held.process.child.kill('SIGTERM');
    expect(await drills.held.end()).toEqual({
      code: 1,
      steps: [line('dump', 'failed')],
      stderr: 'lockstep: dump failed: interrupted by SIGTERM\n',
    });
  });

  test('interrupted, it ends, and removes what it has made', async () => {
    const { interrupted } = drills;
    await until(() => interrupted.process.stdout.includes('cluster'), 'a cluster', PATIENCE_MS);
    interrupted.process.child.kill('SIGINT');
    const { code, steps, stderr } = await interrupted.end();
    expect(code).toBe(1);
    expect(steps.at(-1)).toMatch(/ s {2}failed$/);
    expect(stderr).toMatch(
      /^lockstep: (restore|schema|verify|start|resume) failed: interrupted by SIGINT\n$/,
    );
  });

  test('restores, verifies, and has a taker go on from before the dump; writes nothing to the source', async () => {
    const place = new URL(source.url()).host;
    expect(await drills.fresh.end()).toEqual({
      code: 0,
      steps: [
        line('dump', `[\\d,]+ kB of ${place}/lockstep`),
        line('cluster', 'PostgreSQL 15\\.\\d+ .*'),
        line('restore', 'the dump is in a new database'),
        line('schema', 'is up to date'),
        line('verify', 'all invariants hold: 5 orders, 2 cancellation requests, 1 fills, 14 events'),
        line('start', 'the service serves it on http://127\\.0\\.0\\.1:\\d+'),
        line(
          'resume',
          'a taker heard what it missed \\(20 messages\\), what is open once more \\(1\\), and a new order',
        ),
        'the back-up is good',
      ],
      stderr: '',
    });
    await Promise.all(Object.values(drills).map(({ process }) => process.end()));
    expect(await nextTransaction()).toBe(transactions);
  });

  test('takes a dump that was made before, without the database that it is of', async () => {
    const { code, steps, stderr } = await drills.given.end();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(steps[0]).toEqual(line('dump', '[\\d,]+ kB in .*/lockstep-\\d+T\\d+Z\\.dump'));
    expect(steps.at(-1)).toBe('the back-up is good');
  });

  test('fails on a dump that was cut off', async () => {
    const { code, steps, stderr } = await drills.cutOff.end();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^lockstep: restore failed: pg_restore: error: .*end of file\n$/);
    expect(steps.slice(2)).toEqual([line('restore', 'failed')]);
  });

  test('fails on a database whose rows contradict each other', async () => {
    const { code, steps, stderr } = await drills.broken.end();
    expect(code).toBe(1);
    expect(steps.slice(4)).toEqual([line('verify', 'failed')]);
    expect(stderr).toMatch(
      /^lockstep: verify failed: invariant 2 is broken \(".*"\), 1 times, such as 0x[0-9a-f]{64}\n$/,
    );
  });
});

test.each<[title: string, environment: NodeJS.ProcessEnv, args: string[], words: string]>([
  ['a dump that is not there', {}, ['--dump', 'none'], 'The file cannot be read (ENOENT).'],
  [
    "none of PostgreSQL's programs",
    { PATH: '/none' },
    ['--dump', 'package.json'],
    'pg_restore cannot be run (ENOENT): install',
  ],
  ['an unknown option', {}, ['--quick'], "unknown option '--quick'"],
  [
    'no database',
    { DATA_DIR: '/none' },
    [],
    'dump failed: there is no embedded database in /none (DATA_DIR)',
  ],
  [
    'a database that is away',
    { DATABASE_URL: 'postgres://127.0.0.1:1/none' },
    [],
    'dump failed: cannot use the',
  ],
])('ends with a line that says why: %s', async (_, environment, args, words) => {
  const drill = ServiceProcess.launch(environment, [...DRILL, ...args]);
  expect(await drill.end()).toBe(1);
  expect(drill.stderr).toContain(words);
  expect(drill.stderr.trim()).not.toContain('\n');
});
