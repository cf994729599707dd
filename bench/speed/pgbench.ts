import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hashOf } from '../support/seed.js';
import { percentile } from '../support/statistics.js';
import { leanAccept } from './lean/statement.js';
import { acceptStatement, MESSAGE } from './statement.js';
import { addressOf, keyHashOf, orderHashOf } from './yardsticks.js';

const run = promisify(execFile);

const STATEMENTS = {
  service: acceptStatement(hashOf(':number')),
  lean: leanAccept({
    keyHash: keyHashOf(':number'),
    orderHash: orderHashOf(':number'),
    address: addressOf(':number'),
    message: `'${MESSAGE}'`,
  }),
};
/** Whose tables it can work on. */
export type PgbenchSchema = keyof typeof STATEMENTS;

/** Each client counts its own transactions, so that no order is taken twice. */
const scriptOf = (statement: string): string => `
\\set turn :turn + 1
\\set number :first + :turn * :clients + :client_id
${statement};
`;

export interface PgbenchOptions {
  schema: PgbenchSchema;
  /** The first of the orders that it takes. */
  first: number;
  clients: number;
  seconds: number;
  /** Transactions a second, begun on time whatever becomes of those before. */
  rate?: number;
}

export interface PgbenchResult {
  transactions: number;
  perSecond: number;
  /** Milliseconds from when a transaction was due, where a rate is given. */
  p50?: number;
  p99?: number;
}

/** Has the answers recorded by PostgreSQL's own load generator: one prepared transaction an answer, no HTTP. */
export async function pgbench(url: string, options: PgbenchOptions): Promise<PgbenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'));
  try {
    const script = join(folder, 'script');
    await writeFile(script, scriptOf(STATEMENTS[options.schema]));
    const { first, clients, seconds, rate } = options;
    const variables = ['-D', 'turn=-1', '-D', `first=${first}`, '-D', `clients=${clients}`];
    const pace = ['-c', `${clients}`, '-T', `${seconds}`, ...(rate ? ['-R', `${rate}`] : [])];
    // writing a line a transaction costs it some speed
    const log = rate ? ['--log', `--log-prefix=${join(folder, 'log')}`] : [];
    const env = { ...process.env, ...connectionOf(url) };
    const args = ['-n', '-M', 'prepared', '-f', script, ...variables, ...pace, ...log];
    const { stdout } = await run('pgbench', args, { env, cwd: folder });
    return { ...read(stdout), ...(rate && (await waitsOf(folder))) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Its version, or undefined when it is not there. */
export async function pgbenchVersion(): Promise<string | undefined> {
  return run('pgbench', ['--version']).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

function connectionOf(url: string): NodeJS.ProcessEnv {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: password,
    PGDATABASE: pathname.slice(1),
  };
}

function read(stdout: string): Pick<PgbenchResult, 'transactions' | 'perSecond'> {
  const figure = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? NaN);
  const transactions = figure(/transactions actually processed: (\d+)/);
  const failed = figure(/failed transactions: (\d+)/);
  const perSecond = figure(/tps = ([\d.]+)/);
  if (!(transactions > 0) || failed !== 0) throw new Error(`pgbench failed:\n${stdout}`);
  return { transactions, perSecond };
}

/** From its log, a line a transaction, the third figure its microseconds. */
async function waitsOf(folder: string): Promise<Pick<PgbenchResult, 'p50' | 'p99'>> {
  const logs = (await readdir(folder)).filter((name) => name.startsWith('log.'));
  const lines = await Promise.all(logs.map((name) => readFile(join(folder, name), 'utf8')));
  const milliseconds = lines
    .flatMap((text) => text.trimEnd().split('\n'))
    .map((line) => Number(line.split(' ')[2]) / 1000);
  return { p50: percentile(milliseconds, 50), p99: percentile(milliseconds, 99) };
}
