import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { onServer } from './support/database.js';
import { BINARIES, DebianPostgres, hasDebianPostgres } from './support/debian-postgres.js';
import { hasKubernetesTools, kustomized, podTemplate } from './support/kubernetes.js';

/** The script that Compose and Kubernetes run each day. Debian's PostgreSQL has the programs that the embedded one lacks. */
const SCRIPT = 'deploy/kubernetes/backup/backup.sh';
const RESTORE_SCRIPT = 'deploy/kubernetes/backup/restore.sh';
const run = promisify(execFile);
if (!hasDebianPostgres) console.warn('skipped: the back-up needs Debian: apt-get install postgresql-15');

(hasDebianPostgres ? describe : describe.skip)('the script', () => {
  let server: DebianPostgres;
  let folder: string;
  beforeAll(async () => {
    server = await DebianPostgres.start();
    await server.query('CREATE TABLE kept AS SELECT 17 AS number');
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-backup-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const backUp = (url: string) =>
    run('bash', [SCRIPT], {
      env: {
        PATH: `${BINARIES}:${process.env.PATH}`,
        DATABASE_URL: url,
        BACKUP_DIR: folder,
        BACKUP_KEEP_DAYS: '14',
      },
    });
  const DAY_MS = 86_400_000;
  function putDump(name: string, days: number): void {
    writeFileSync(join(folder, name), '');
    const then = new Date(Date.now() - days * DAY_MS);
    utimesSync(join(folder, name), then, then);
  }

  test('makes a dump that can be restored, and says where', async () => {
    const { stdout } = await backUp(server.url());
    expect(readdirSync(folder).map((name) => join(folder, name))).toEqual([stdout.trim()]);
    const sql = await run(`${BINARIES}/pg_restore`, ['--file=-', stdout.trim()]);
    expect(sql.stdout).toMatch(/COPY public.kept \(number\) FROM stdin;\n17\n/);
  });

  test('deletes dumps that are too old, and nothing else', async () => {
    putDump('lockstep-old.dump', 16);
    putDump('lockstep-recent.dump', 13);
    putDump('notes', 16);
    const { stdout } = await backUp(server.url());
    expect(readdirSync(folder).toSorted()).toEqual(
      [stdout.trim().slice(folder.length + 1), 'lockstep-recent.dump', 'notes'].toSorted(),
    );
  });

  test.each([
    [5, 'is restored with it'],
    [4, 'is refused'],
  ])('a log of 5 events whose sequence is at %s %s', async (last, outcome) => {
    const [old, restored] = [`old_${last}`, `new_${last}`];
    for (const name of [old, restored]) await server.query(`CREATE DATABASE ${name}`);
    const rows = 'CREATE TABLE order_events AS SELECT generate_series(1, 5) AS seq';
    const sequence = `CREATE SEQUENCE order_events_seq; SELECT setval('order_events_seq', ${last})`;
    await onServer(server.url(old), `${rows}; ${sequence}`);
    const dump = (await backUp(server.url(old))).stdout.trim();
    const env = { PATH: `${BINARIES}:${process.env.PATH}`, DATABASE_URL: server.url(restored) };
    const restoring = run('bash', [RESTORE_SCRIPT, dump], { env });
    if (outcome === 'is refused')
      await expect(restoring).rejects.toThrow('order_events_seq is behind the log');
    else expect(await restoring).toEqual({ stdout: '', stderr: '' });
  });

  test('fails without a database, leaves no dump, and keeps the old ones', async () => {
    putDump('lockstep-old.dump', 16);
    await expect(backUp(server.url('missing'))).rejects.toThrow('database "missing" does not exist');
    expect(readdirSync(folder)).toEqual(['lockstep-old.dump']);
  });
});

const asked = new Set([...readFileSync(SCRIPT, 'utf8').matchAll(/\$([A-Z_]{2,})/g)].map(([, name]) => name!));

test('Compose gives it what it asks for', () => {
  const { services } = parse(readFileSync('deploy/compose.yaml', 'utf8'), { merge: true });
  const { environment, volumes, image, command } = services.backup;
  expect(new Set(Object.keys(environment))).toEqual(asked);
  expect(image).toBe(services.postgres.image);
  for (const script of ['backup.sh', 'restore.sh'])
    expect(volumes).toContain(`./kubernetes/backup/${script}:/scripts/${script}:ro`);
  expect(command.join(' ')).toContain('bash /scripts/backup.sh');
  expect(volumes.map((volume: string) => volume.split(':').at(-1))).toContain(environment.BACKUP_DIR);
});

(hasKubernetesTools ? test : test.skip)('Kubernetes gives it what it asks for', () => {
  const all = kustomized('deploy/kubernetes/example');
  const named = (kind: string, name: string) =>
    all.find((manifest) => manifest.kind === kind && manifest.metadata.name === name)!;
  const { containers, volumes } = podTemplate(named('CronJob', 'lockstep-backup')).spec;
  const [{ command, env, volumeMounts }] = containers;
  expect(command).toEqual(['bash', '/scripts/backup.sh']);
  expect(new Set(env!.map(({ name }) => name))).toEqual(asked);
  const mounted = Object.fromEntries(volumeMounts!.map(({ name, mountPath }) => [mountPath, name]));
  const volumeAt = (path: string) => volumes!.find(({ name }) => name === mounted[path])!;
  const { claimName } = volumeAt(
    env!.find(({ name }) => name === 'BACKUP_DIR')!.value!,
  ).persistentVolumeClaim!;
  expect(named('PersistentVolumeClaim', claimName)).toBeDefined();
  const script = named('ConfigMap', volumeAt('/scripts').configMap!.name).data!['backup.sh'];
  expect(script).toBe(readFileSync(SCRIPT, 'utf8'));
});
