import { LaunchError, loadSettings } from '#config';
import { EmbeddedPostgres, freePort } from '#database';
import type { DataSource } from 'typeorm';
import { openBenchDatabase } from '../support/bench-database.js';
import { cpuSecondsOfEndedChildren, cpuSecondsOfFamily, parentOf } from '../support/cpu.js';
import { seedOrders } from '../support/seed.js';
import { ServerProcess } from '../support/server-process.js';
import { type BenchTaker, createTakers } from '../support/takers.js';
import { load, type LoadOptions, type LoadResult } from './load.js';
import { pgbench, type PgbenchOptions, type PgbenchResult } from './pgbench.js';
import { Stock } from './stock.js';

export const DATA_DIR = '.data/bench';
const TAKERS = 50;

/**
 * What is set of PostgreSQL, for everybody alike. A quarter of a small server's memory for its buffers, and so much WAL
 * that no checkpoint falls into one run and not into the other.
 */
const POSTGRES = { shared_buffers: '1GB', max_wal_size: '16GB', checkpoint_timeout: '30min' };
/** What makes a commit durable; measured without them, a figure would mean nothing. */
const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };

/** The servers that are measured side by side. */
const PROGRAMS = {
  service: 'dist/src/main.js',
  bare: 'dist/bench/speed/bare-server.js',
  textbook: 'dist/bench/speed/textbook/server.js',
};
export type Contender = keyof typeof PROGRAMS;

export const CONNECTIONS = 64;
/** Answers a second that a contender's first warm-up is given orders for: that one may run out of them. */
const FIRST_GUESS = 4_000;
/** How much faster than before a contender may be in a run without running out of orders. */
const MARGIN = 2.5;
/** pgbench's clients take the orders in strides, each at its own pace: the fastest may be so far ahead of the mean. */
const PGBENCH_LEAD = 2;
const PGBENCH_WARM_UP_SECONDS = 1;

export interface BenchOptions {
  orders: number;
  rounds: number;
  seconds: number;
  /** Before a server is measured: its code is compiled and the database's pages are read. */
  warmUpSeconds: number;
}

interface CpuTime {
  /** Of the server and of PostgreSQL, a thousand answers. */
  cpuSeconds: number;
}

export type RunResult = LoadResult & CpuTime;

/** A seeded database, and what runs on it, one at a time: nothing else works on the cluster meanwhile. */
export class Bench {
  private readonly fastest = new Map<string, number>();

  private constructor(
    readonly postgres: EmbeddedPostgres,
    readonly dataSource: DataSource,
    readonly url: string,
    readonly options: BenchOptions,
    readonly takers: BenchTaker[],
    readonly stock: Stock,
    readonly version: string,
    private readonly postmaster: number,
  ) {}

  static async open(dataSource: DataSource, options: BenchOptions): Promise<Bench> {
    const settings = Object.entries(POSTGRES).map(([name, value]) => `-c ${name}=${value}`);
    const postgres = await EmbeddedPostgres.start(DATA_DIR, settings.join(' '));
    try {
      const url = await openBenchDatabase(postgres, dataSource, `speed_${options.orders}`, true);
      const version = await requireSettings(dataSource);
      const takers = await createTakers(dataSource, DATA_DIR, TAKERS);
      await seedOrders(dataSource, { first: 1, orders: options.orders }, (seeded) =>
        process.stderr.write(`seeded ${seeded} orders\n`),
      );
      const stock = new Stock(dataSource, takers, options.orders + 1);
      const [{ pid }] = await dataSource.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid');
      const postmaster = await parentOf(pid);
      return new Bench(postgres, dataSource, url, options, takers, stock, version, postmaster);
    } catch (error) {
      await close(dataSource, postgres);
      throw error;
    }
  }

  close(): Promise<void> {
    return close(this.dataSource, this.postgres);
  }

  async start(contender: Contender): Promise<ServerProcess> {
    const port = await freePort();
    const { JWT_SECRET, MASTER_KEY } = loadSettings({ DATA_DIR });
    return ServerProcess.startAt(`http://127.0.0.1:${port}`, PROGRAMS[contender], {
      DATABASE_URL: this.url,
      HOST: '127.0.0.1',
      PORT: String(port),
      NODE_ENV: 'production',
      JWT_SECRET,
      MASTER_KEY,
      WORKER: 'off',
      RATE_LIMIT_PER_SECOND: '0',
      LOG_LEVEL: 'warn',
    });
  }

  /** Starts a server, warms it up, has it record answers, and stops it. */
  async run(contender: Contender, given: Partial<LoadOptions> = {}): Promise<RunResult> {
    const options = { connections: CONNECTIONS, seconds: this.options.seconds, ...given };
    const warmUp = { connections: CONNECTIONS, seconds: this.options.warmUpSeconds, mayRunOut: true };
    await this.prepare(this.enough(contender, warmUp) + this.enough(contender, options));
    const server = await this.start(contender);
    try {
      await this.answer(contender, server.url, warmUp);
      const before = (await server.cpuSeconds()) + (await this.databaseCpuSeconds());
      const result = await this.answer(contender, server.url, options);
      const after = (await server.cpuSeconds()) + (await this.databaseCpuSeconds());
      return { ...result, cpuSeconds: ((after - before) / result.answered) * 1000 };
    } finally {
      await server.stop();
    }
  }

  /** The same of pgbench: its CPU time counts as the server's. */
  async runPgbench(given: Omit<PgbenchOptions, 'first' | 'seconds'>): Promise<PgbenchResult & CpuTime> {
    const options = { seconds: this.options.seconds, ...given };
    const name = `pgbench ${options.clients}`;
    const warmUp = { ...given, seconds: PGBENCH_WARM_UP_SECONDS };
    const enough = (run: { seconds: number; rate?: number }): number => this.enough(name, run) * PGBENCH_LEAD;
    await this.prepare(enough(warmUp) + enough(options));
    const first = await this.stock.take(enough(warmUp));
    const warm = await pgbench(this.url, { ...warmUp, first: first.first });
    this.remember(name, warmUp, warm.perSecond);
    const range = await this.stock.take(enough(options));
    const before = (await cpuSecondsOfEndedChildren()) + (await this.databaseCpuSeconds());
    const result = await pgbench(this.url, { ...options, first: range.first });
    const after = (await cpuSecondsOfEndedChildren()) + (await this.databaseCpuSeconds());
    const { answers, last } = await this.stock.recorded(range);
    this.stock.giveBack(last + 1);
    if (answers !== result.transactions) {
      throw new Error(`pgbench reports ${result.transactions} transactions, but recorded ${answers} answers`);
    }
    this.remember(name, options, result.perSecond);
    return { ...result, cpuSeconds: ((after - before) / result.transactions) * 1000 };
  }

  /** Has orders answered, and counts in the database what was recorded. */
  async answer(contender: Contender, url: string, options: LoadOptions): Promise<LoadResult> {
    const range = await this.stock.take(this.enough(contender, options));
    const result = await load(url, await this.stock.answers(range), options);
    // the calls took the orders in turn; those in flight at the end may or may not be recorded yet
    this.stock.giveBack(range.first + result.sent);
    const { answers } = await this.stock.recorded(range);
    if (answers < result.answered || answers > result.sent) {
      throw new Error(
        `${contender} gave ${result.answered} answers to ${result.sent} calls, but recorded ${answers}`,
      );
    }
    this.remember(contender, options, result.perSecond);
    return result;
  }

  /** Orders in stock, and a table without rubbish, its statistics fresh, all of it on disk. */
  async prepare(orders: number): Promise<void> {
    await this.stock.fill(orders);
    await this.dataSource.query('VACUUM (ANALYZE) orders, cancellation_requests, order_events');
    await this.dataSource.query('CHECKPOINT');
  }

  /** Orders for a run. */
  private enough(name: string, { seconds, rate }: Pick<LoadOptions, 'seconds' | 'rate'>): number {
    const perSecond = rate ?? (this.fastest.get(name) ?? FIRST_GUESS) * MARGIN;
    return Math.ceil(perSecond * seconds) + CONNECTIONS;
  }

  private remember(name: string, { rate }: Pick<LoadOptions, 'rate'>, perSecond: number): void {
    if (rate === undefined) this.fastest.set(name, Math.max(perSecond, this.fastest.get(name) ?? 0));
  }

  private databaseCpuSeconds(): Promise<number> {
    return cpuSecondsOfFamily(this.postmaster);
  }
}

async function close(dataSource: DataSource, postgres: EmbeddedPostgres): Promise<void> {
  if (dataSource.isInitialized) await dataSource.destroy();
  await postgres.stop();
}

/** PostgreSQL's version, once it is known to run as it should: a cluster that was running already may not. */
async function requireSettings(dataSource: DataSource): Promise<string> {
  for (const [name, value] of Object.entries({ ...DURABLE, ...POSTGRES })) {
    const [row] = await dataSource.query<[Record<string, string>]>(`SHOW ${name}`);
    if (row[name] !== value) throw new LaunchError(`PostgreSQL runs with ${name}=${row[name]}, not ${value}`);
  }
  const [{ server_version }] = await dataSource.query<[{ server_version: string }]>('SHOW server_version');
  return server_version;
}
