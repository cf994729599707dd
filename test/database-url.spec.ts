import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { loadDatabaseSettings, parseDatabaseUrl } from '#config';
import { DatabaseClient, freePort } from '#database';
import { Client } from 'pg';
import { AdminTool } from './support/admin-tool.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { Network } from './support/network.js';
import { ServiceProcess } from './support/service-process.js';

/** DATABASE_URL, and what is said when it is wrong or what it names is not there. */
jest.setTimeout(60_000);

let folder: string;
let database: TestDatabase;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

describe('is read as libpq reads it', () => {
  const usual = {
    hosts: [{ host: 'db', port: 5432 }],
    user: 'u',
    password: 'p',
    database: 'd',
    applicationName: undefined,
    options: undefined,
    tls: [{ rejectUnauthorized: false }, false],
    isWritable: false,
  };
  test.each([
    ['postgres://u:p@db/d', {}],
    ['postgresql://u:p@db:5433/d', { hosts: [{ host: 'db', port: 5433 }] }],
    ['postgres://u@db/d', { password: undefined }],
    ['postgres://u:@db/d', { password: undefined }],
    ['postgres://u:a:b%23%25%2F%3F%40@db/d', { password: 'a:b#%/?@' }],
    ['postgres://u:a@b@db/d', { password: 'a@b' }],
    ['postgres://u:a,b@db/d', { password: 'a,b' }],
    ['postgres://u:p@[::1]:5433/d', { hosts: [{ host: '::1', port: 5433 }] }],
    ['postgres://u:p@/d?host=/run/pg&port=5433', { hosts: [{ host: '/run/pg', port: 5433 }] }],
    ['postgres://u:p@%2Frun%2Fpg/d', { hosts: [{ host: '/run/pg', port: 5432 }] }],
    ['postgres:///d?user=u&password=p&host=db', {}],
    ['postgres://u:p@db?dbname=d', {}],
    [
      'postgres://u:p@a:1,b/d',
      {
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: 5432 },
        ],
        isWritable: true,
      },
    ],
    [
      'postgres://u:p@a,b:2/d?target_session_attrs=any',
      {
        hosts: [
          { host: 'a', port: 5432 },
          { host: 'b', port: 2 },
        ],
      },
    ],
    ['postgres://u:p@db/d?target_session_attrs=read-write', { isWritable: true }],
    ['postgres://u:p@db/d?target_session_attrs=primary', { isWritable: true }],
    [
      'postgres://u:p@db/d?application_name=x&options=-c%20a%3Db',
      { applicationName: 'x', options: '-c a=b' },
    ],
    ['postgres://u:p@db/d?sslmode=disable', { tls: [false] }],
    ['postgres://u:p@db/d?sslmode=allow', { tls: [false, { rejectUnauthorized: false }] }],
    ['postgres://u:p@db/d?sslmode=require', { tls: [{ rejectUnauthorized: false }] }],
    ['postgres://u:p@db/d?ssl=true', { tls: [{ rejectUnauthorized: false }] }],
    ['postgres://u:p@db/d?sslmode=verify-full', { tls: [{}] }],
    ['postgres://u:p@db/d?sslrootcert=system', { tls: [{}] }],
  ])('%s', (url, expected) => {
    expect(parseDatabaseUrl(url)).toEqual({ ...usual, ...expected });
  });
});

describe('is refused', () => {
  test.each([
    ['mysql://u:p@db/d', 'must be a postgres:// URL'],
    ['postgres://u:pass#word@db/d', 'must not have a # in it: write %23'],
    ['postgres://u:pass%word@db/d', 'has a % that encodes nothing: write %25 for a % itself'],
    ['postgres://u:%ff@db/d', 'has %-codes that are no UTF-8 text'],
    ['postgres://u:pass@db/d\n', 'must not have white space in it'],
    ['postgres://u:pass@db:99999/d', 'has a port that is no number from 1 to 65535'],
    ['postgres://u:pass@db:0/d', 'has a port that is no number from 1 to 65535'],
    ['postgres://u:pass/word@db/d', 'has an @ behind its hosts: in a name or password write %40'],
    ['postgres://u:pass?word@db/d', 'has an @ behind its hosts'],
    ['postgres://u:pass@a,b,c/d?port=1,2', 'must have one port for all hosts, or one for each'],
    ['postgres://u:pass@db/d?sslmod=verify-full', 'has the unknown parameter "sslmod": leave it out'],
    ['postgres://u:pass?word=1%40db/d', 'has an unknown parameter (in a password write %3F for ?)'],
    ['postgres://u%00replication%00true@db/d', 'must not have a NUL (%00) in it'],
    ['postgres://u:pass@db/d?sslmode=no-verify', 'must have one of disable, allow, prefer, require'],
    ['postgres://u:pass@db/d?target_session_attrs=standby', 'must have read-write, primary or any'],
    ['postgres://u:pass@db/d?sslmode=verify-ca', 'must have an sslrootcert with sslmode=verify-ca'],
    ['postgres://u:pass@db/d?sslmode=require&sslrootcert=system', 'must have sslmode=verify-full'],
    ['postgres://u:pass@db/d?sslrootcert=/nowhere', 'has an sslrootcert that cannot be read (ENOENT)'],
    ['postgres://u:pass@db/d?sslcert=/nowhere', 'must have sslcert and sslkey together'],
  ])('%s', (url, rule) => {
    const line = expect.objectContaining({ message: expect.stringContaining(`DATABASE_URL ${rule}`) });
    let refusal: unknown;
    try {
      loadDatabaseSettings({ DATABASE_URL: url });
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toEqual(line);
    expect(String(refusal)).not.toMatch(/pass\b|\bword/.test(rule) ? /$^/ : /u:pass|%?word@/);
  });

  test('with a file for a certificate that is none', () => {
    const file = join(folder, 'none.pem');
    writeFileSync(file, 'none');
    const url = (names: string) =>
      `postgres://db/d?${names
        .split(' ')
        .map((name) => `${name}=${file}`)
        .join('&')}`;
    expect(() => parseDatabaseUrl(url('sslrootcert'))).toThrow('no certificate in PEM format');
    expect(() => parseDatabaseUrl(url('sslcert sslkey'))).toThrow('cannot be used');
  });
});

/** The exit code of a process, and the line that it ends with. */
async function lastWords(
  DATABASE_URL: string,
  program: string,
  ...args: string[]
): Promise<[number, string]> {
  const environment = { DATA_DIR: folder, DATABASE_URL, PORT: '0' };
  const launched = ServiceProcess.launch(environment, [process.execPath, `dist/${program}/main.js`, ...args]);
  const code = await launched.end();
  return [code!, launched.stderr];
}

test.each([
  ['the service', 'src', [], 1],
  ['the worker', 'apps/worker/src', [], 1],
  [
    "the operator's tool",
    'apps/admin/src',
    ['taker', 'create', '--name', 'x', '--address', `0x${'7a'.repeat(20)}`],
    1,
  ],
  ['the migrations', 'apps/admin/src', ['migrate'], 1],
  ['verify', 'apps/verify/src', [], 2],
  ['the demo', 'apps/demo/src', [], 1],
])('%s says it in one line', async (_, program, args, code) => {
  const wrong = await lastWords('postgres://u:pass#word@db/d', program, ...args);
  expect(wrong[0]).toBe(code);
  expect(wrong[1].trim()).toMatch(/^.*DATABASE_URL must not have a # in it: write %23$/);
  const refused = await lastWords(`postgres://u:pass@127.0.0.1:${await freePort()}/d`, program, ...args);
  expect(refused[0]).toBe(code);
  expect(refused[1].trim()).toMatch(
    /^.*cannot use the database at .*: .*ECONNREFUSED.*: start PostgreSQL there, or correct host and port in DATABASE_URL$/,
  );
});

describe('what keeps the service from its database is said in one line, with the remedy', () => {
  const role = `hapless_${process.pid}`;
  let server: Client;
  beforeAll(async () => {
    server = new Client({ connectionString: process.env.TEST_SERVER_URL });
    await server.connect();
    await server.query(`CREATE ROLE ${role} LOGIN PASSWORD 'a#b%c/d?e@f'`);
    await server.query(`CREATE ROLE ${role}_out NOLOGIN PASSWORD 'secret'`);
    await server.query(`CREATE DATABASE ${role}`);
  });
  afterAll(async () => {
    await server.query(`DROP DATABASE ${role} WITH (FORCE)`);
    await server.query(`DROP ROLE ${role}, ${role}_out`);
    await server.end();
  });

  /** Of a tool that opens its database as the service does. */
  const refusalOf = (url: string): Promise<string> => new AdminTool(url).refusal('taker', 'list');
  const urlOf = (change: (url: URL) => void): string => {
    const url = new URL(database.url);
    change(url);
    return url.href;
  };
  const asRole = (name: string, password: string, path?: string) =>
    urlOf((url) => {
      url.username = name;
      url.password = password;
      if (path) url.pathname = path;
    });

  test.each([
    ['no password', () => asRole(role, ''), /the server wants a password, and DATABASE_URL has none$/],
    ['a wrong password', () => asRole(role, 'secret'), /: correct the user or the password in DATABASE_URL$/],
    [
      'a role that may not log in',
      () => asRole(`${role}_out`, 'secret'),
      /: let this role in \(CREATE ROLE, LOGIN, pg_hba.conf\), or correct DATABASE_URL$/,
    ],
    [
      'a database that is not there',
      () => urlOf((url) => (url.pathname = '/nowhere')),
      /: create it \(CREATE DATABASE "nowhere"\), or correct its name in DATABASE_URL$/,
    ],
    [
      'an unknown host',
      () => urlOf((url) => (url.hostname = 'nowhere.invalid')),
      /: correct the host in DATABASE_URL, or the name service$/,
    ],
    [
      'no right to make tables',
      () => asRole(role, encodeURIComponent('a#b%c/d?e@f'), `/${role}`),
      new RegExp(`: the role must .*GRANT CREATE, USAGE ON SCHEMA public TO "${role}"$`),
    ],
    [
      'no TLS there',
      () => `${database.url}?sslmode=require`,
      /: set sslmode=disable in DATABASE_URL, or switch TLS on there$/,
    ],
  ])('%s', async (_, url, line) => {
    const words = await refusalOf(url());
    expect(words.trim()).toMatch(line);
    expect(words.trim()).toMatch(/^lockstep: cannot use the database at .+$/);
    expect(words).not.toMatch(/secret|a#b/);
  });

  test('no answer in time', async () => {
    const network = await Network.before(database.url);
    network.next = 'silent';
    const words = await refusalOf(network.url);
    expect(words).toMatch(/^lockstep: cannot use the database at .+: no answer within 4000 ms: .+\n$/);
    await network.stop();
  });
});

test('a connection leaves nothing on the log', async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error) => warnings.push(warning);
  process.on('warning', listen);
  for (const mode of ['disable', 'allow', 'prefer']) {
    const client = new DatabaseClient({ connectionString: `${database.url}?sslmode=${mode}` });
    await client.connect();
    await client.end();
  }
  process.off('warning', listen);
  expect(warnings).toEqual([]);
});
