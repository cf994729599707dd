import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DatabaseClient, isDatabaseAway } from '#database';
import type { Client } from 'pg';
import { DebianPostgres, hasDebianPostgres } from './support/debian-postgres.js';
import { ServiceProcess } from './support/service-process.js';

/** sslmode as libpq has it, against a server with TLS. Its certificate is for "db.test", signed by an authority of ours. */
jest.setTimeout(60_000);

const here = hasDebianPostgres ? describe : describe.skip;
if (!hasDebianPostgres) console.warn("TLS of the database is not tested: Debian's postgresql-15 is not here");

here('a server with TLS', () => {
  let server: DebianPostgres;
  let plain: DebianPostgres;
  const file = (name: string) => join(server.folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: server.folder, stdio: 'pipe' });

  function authority(name: string): void {
    const subject = ['-subj', `/CN=${name}`, '-days', '2'];
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
      ...subject,
    );
  }

  function certificate(name: string, commonName: string, alternative: string): void {
    const request = ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`];
    openssl('req', ...request, '-subj', `/CN=${commonName}`);
    writeFileSync(file(`${name}.ext`), `subjectAltName=${alternative}`);
    const by = ['-CA', 'ours.crt', '-CAkey', 'ours.key', '-CAcreateserial', '-days', '2'];
    openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, '-extfile', `${name}.ext`, ...by);
    server.give(file(`${name}.key`));
  }

  beforeAll(async () => {
    [server, plain] = await Promise.all([DebianPostgres.start(), DebianPostgres.start()]);
    authority('ours');
    authority('other');
    certificate('server', 'db.test', 'DNS:db.test');
    certificate('named', 'localhost', 'DNS:localhost');
    certificate('client', 'postgres', 'DNS:client');
    await server.query(`ALTER SYSTEM SET ssl_cert_file = '${file('server.crt')}'`);
    await server.query(`ALTER SYSTEM SET ssl_key_file = '${file('server.key')}'`);
    await server.query(`ALTER SYSTEM SET ssl_ca_file = '${file('ours.crt')}'`);
    await server.query('ALTER SYSTEM SET ssl = on');
    await server.shutDown();
    await server.startUp('');
  });
  afterAll(() => Promise.all([server.stop(), plain.stop()]));

  /** Whether the connection has TLS, or why there is none. */
  async function connected(to: DebianPostgres, parameters: string, host = '127.0.0.1'): Promise<unknown> {
    const url = to.url().replace('127.0.0.1', host);
    const client: Client = new DatabaseClient({ connectionString: `${url}?${parameters}` });
    try {
      await client.connect();
      const sql = 'SELECT ssl, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
      const { ssl, client_dn } = (await client.query<{ ssl: boolean; client_dn: string | null }>(sql))
        .rows[0]!;
      return client_dn ?? ssl;
    } catch (error) {
      expect(isDatabaseAway(error)).toBe(true);
      return (error as Error).message;
    } finally {
      await client.end();
    }
  }

  const root = (name: string) => `sslrootcert=${file(`${name}.crt`)}`;
  const NOT_SUPPORTED = 'The server does not support SSL connections';
  test.each([
    ['disable', false, false],
    ['allow', false, false],
    ['prefer', true, false],
    ['require', true, NOT_SUPPORTED],
  ])('%s: %s with TLS there, %s without', async (mode, withTls, without) => {
    expect(await connected(server, `sslmode=${mode}`)).toBe(withTls);
    expect(await connected(plain, `sslmode=${mode}`)).toBe(without);
  });

  test('without an sslmode it is prefer', async () => {
    expect(await connected(server, '')).toBe(true);
    expect(await connected(plain, '')).toBe(false);
  });

  test('require with sslrootcert, and verify-ca, check who signed the certificate, not its name', async () => {
    for (const mode of ['require', 'verify-ca']) {
      expect(await connected(server, `sslmode=${mode}&${root('ours')}`)).toBe(true);
      expect(await connected(server, `sslmode=${mode}&${root('other')}`)).toMatch(/self.signed|unable to/);
      expect(await connected(plain, `sslmode=${mode}&${root('ours')}`)).toBe(NOT_SUPPORTED);
    }
  });

  test('verify-full checks the name too', async () => {
    const full = (name: string) => `sslmode=verify-full&${root(name)}`;
    expect(await connected(server, full('ours'))).toMatch(/does not match|not in the cert's list/);
    expect(await connected(server, full('ours'), 'localhost')).toMatch(/does not match/);
    expect(await connected(server, 'sslmode=verify-full')).toMatch(/self.signed|unable to/);
    await server.query(`ALTER SYSTEM SET ssl_cert_file = '${file('named.crt')}'`);
    await server.query(`ALTER SYSTEM SET ssl_key_file = '${file('named.key')}'`);
    await server.query('SELECT pg_reload_conf()');
    expect(await connected(server, full('ours'), 'localhost')).toBe(true);
    expect(await connected(server, full('other'), 'localhost')).toMatch(/self.signed|unable to/);
    expect(await connected(server, full('ours'))).toMatch(/not in the cert's list/);
  });

  test('a certificate of the client is shown', async () => {
    const own = `sslcert=${file('client.crt')}&sslkey=${file('client.key')}`;
    expect(await connected(server, `sslmode=require&${own}`)).toBe('/CN=postgres');
  });

  test.each([
    ['hostssl', 'allow', true],
    ['hostnossl', 'prefer', false],
  ])('%s in pg_hba.conf alone: %s goes the other way', async (type, mode, hasTls) => {
    const rules = `${type} all all 127.0.0.1/32 trust\nhost postgres all ::1/128 trust\nlocal all all trust\n`;
    writeFileSync(join(server.data, 'pg_hba.conf'), rules);
    server.give(join(server.data, 'pg_hba.conf'));
    await server.shutDown();
    await server.startUp('');
    // a new address: the way that was found before is remembered until it fails
    expect(await connected(server, `sslmode=${mode}&application_name=${type}`)).toBe(hasTls);
    const other = await connected(server, `sslmode=${hasTls ? 'disable' : 'require'}`);
    expect(other).toMatch(/no pg_hba.conf entry/);
  });

  test('the service says in one line that it does not trust the server', async () => {
    const DATABASE_URL = `${plain.url()}?sslmode=verify-full&${root('ours')}`;
    const launched = ServiceProcess.launch({ DATA_DIR: server.folder, DATABASE_URL, PORT: '0' });
    expect(await launched.end()).toBe(1);
    expect(launched.stderr).toMatch(/^lockstep: cannot use the database at .+ SSL .+ DATABASE_URL.*\n$/);
  });
});
