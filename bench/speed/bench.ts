import { setTimeout as delay } from 'node:timers/promises';
import type { EmbeddedPostgres } from '#dev-postgres';
import { DataSource } from 'typeorm';
import { asSuperuser, openBenchDatabase } from '../support/bench-database.js';
import { childrenOf, cpuSecondsOfEndedChildren, cpuSecondsOfFamily, parentOf } from '../support/cpu.js';
import { seedHistory } from '../support/seed.js';
import type { ServerProcess } from '../support/server-process.js';
import { type BenchTaker, createTakers } from '../support/takers.js';
import {
  type Contender,
  DATA_DIR,
  type DatabaseServer,
  requireSettings,
  startPostgres,
  startServer,
} from './cluster.js';
import { load, type LoadOptions, type LoadResult } from './load.js';
import { pgbench, type PgbenchOptions, type PgbenchResult } from './pgbench.js';
import { median, sum } from '../support/statistics.js';
import { type Range, Stock } from './stock.js';

const TAKERS = 50;
export const CONNECTIONS = 64;
/** Answers a second that a contender's first warm-up is given orders for: that one may run out of them. */
const FIRST_GUESS = 4_000;
/** Answers a second that any run is given orders for: one that was starved may not be the next time. */
const LEAST = 1_000;
/** How much faster than before a contender may be in a run without running out of orders. */
const MARGIN = 2.5;
/** pgbench's clients take the orders in strides, each at its own pace: the fastest may be so far ahead of the mean. */
const PGBENCH_LEAD = 2;
const PGBENCH_WARM_UP_SECONDS = 2;
/** How much later than it is to, a load may come to its end on a busy machine. */
const OVERTIME_SECONDS = 1;
const BACKENDS_CHECK_MS = 20;
const BACKENDS_TIMEOUT_MS = 2_000;

export interface BenchOptions {
  /** Seeded before the first run. */
  orders: number;
  rounds: number;
  seconds: number;
  /** Before a server is measured: its code is compiled and the database's pages are read. */
  warmUpSeconds: number;
  /** What the figures `size` and `memory` go up to. */
  largest: number;
  answers: number;
}

interface CpuTime {
  /** Of the server and of PostgreSQL, a thousand answers. */
  cpuSeconds: number;
}

export type RunResult = LoadResult & CpuTime;

type Run = Pick<LoadOptions, 'seconds' | 'rate'>;

/** A seeded database, and what runs on it, one at a time: nothing else works on the cluster meanwhile. */
export class Bench {
  /** Answers a second, by who gave them, of each run at full speed; and the most of any, warm-ups too. */
  private readonly speeds = new Map<string, number[]>();
  private readonly fastest = new Map<string, number>();

  private constructor(
    private readonly postgres: EmbeddedPostgres,
    readonly dataSource: DataSource,
    readonly url: string,
    readonly options: BenchOptions,
    readonly stock: Stock,
    readonly databaseServer: DatabaseServer,
    private readonly postmaster: number,
  ) {}

  static async open(dataSource: DataSource, options: BenchOptions): Promise<Bench> {
    const postgres = await startPostgres();
    try {
      return await Bench.seed(postgres, dataSource, options);
    } catch (error) {
      if (dataSource.isInitialized) await dataSource.destroy();
      await postgres.stop();
      throw error;
    }
  }

  /** Another one, of another size, on the same cluster, for while this one is open. */
  async beside(orders: number): Promise<Bench> {
    const dataSource = new DataSource(this.dataSource.options);
    return Bench.seed(this.postgres, dataSource, { ...this.options, orders });
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
    await this.postgres.stop();
  }

  /** More takers: orders that come into stock from now on are theirs, too. */
  async addTakers(count: number): Promise<BenchTaker[]> {
    const takers = await createTakers(this.dataSource, DATA_DIR, count);
    this.stock.takers.push(...takers);
    return takers;
  }

  start(contender: Contender): Promise<ServerProcess> {
    return startServer(contender, this.url);
  }

  /** Starts a server, or several of a kind, warms it up, has it record answers, and stops it. */
  async run(contender: Contender, given: Partial<LoadOptions> = {}, instances = 1): Promise<RunResult> {
    const options = { connections: CONNECTIONS, seconds: this.options.seconds, ...given };
    const warmUp = { connections: CONNECTIONS, seconds: this.options.warmUpSeconds, mayRunOut: true };
    await this.prepare(instances * (this.enough(contender, warmUp) + this.enough(contender, options)));
    const servers = await Promise.all(Array.from({ length: instances }, () => this.start(contender)));
    try {
      await this.answer(contender, servers, warmUp);
      const result = await this.answer(contender, servers, options);
      this.report(`${contender}${instances > 1 ? ` × ${instances}` : ''}`, result.perSecond);
      const isPeak = options.connections === CONNECTIONS && !options.rate && instances === 1;
      if (isPeak) this.remember(contender, result.perSecond);
      return result;
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  }

  /** The same of pgbench, whose CPU time counts as the server's. */
  async runPgbench(given: Omit<PgbenchOptions, 'first' | 'seconds'>): Promise<PgbenchResult & CpuTime> {
    const options = { seconds: this.options.seconds, ...given };
    const name = `pgbench ${options.clients}`;
    const warmUp = { clients: options.clients, seconds: PGBENCH_WARM_UP_SECONDS };
    const enough = (run: Run): number => this.enough(name, run) * PGBENCH_LEAD;
    await this.prepare(enough(warmUp) + enough(options));
    const processes = await childrenOf(this.postmaster);
    const warm = await pgbench(this.url, { ...warmUp, ...(await this.stock.take(enough(warmUp))) });
    this.noteSpeed(name, warm.perSecond);
    await this.backendsGone(processes);
    const range = await this.stock.take(enough(options));
    const before = (await cpuSecondsOfEndedChildren()) + (await this.cpuSeconds([]));
    const result = await pgbench(this.url, { ...options, ...range });
    await this.backendsGone(processes);
    const used = (await cpuSecondsOfEndedChildren()) + (await this.cpuSeconds([])) - before;
    const { answers, last } = await this.stock.recorded(range);
    this.stock.giveBack(range, last + 1);
    if (answers !== result.transactions) {
      throw new Error(`pgbench reports ${result.transactions} transactions, but recorded ${answers} answers`);
    }
    this.report(name, result.perSecond);
    if (!options.rate) this.remember(name, result.perSecond);
    return { ...result, cpuSeconds: (used / result.transactions) * 1000 };
  }

  /** Has orders answered, by several servers with as many of the connections each, and counts what was recorded. */
  async answer(contender: Contender, servers: ServerProcess[], given: LoadOptions): Promise<RunResult> {
    const options = { ...given, connections: given.connections / servers.length };
    const ranges = [];
    for (const _ of servers) ranges.push(await this.stock.take(this.enough(contender, options)));
    const calls = await Promise.all(ranges.map((range) => this.stock.answers(range)));
    const before = await this.cpuSeconds(servers);
    const results = await Promise.all(servers.map(({ url }, index) => load(url, calls[index]!, options)));
    const used = (await this.cpuSeconds(servers)) - before;
    for (const [index, result] of results.entries()) await this.check(contender, ranges[index]!, result);
    const total = (what: 'answered' | 'sent' | 'perSecond'): number => sum(results.map((one) => one[what]));
    const worst = (what: 'p50' | 'p99'): number => Math.max(...results.map((one) => one[what]));
    return {
      answered: total('answered'),
      sent: total('sent'),
      perSecond: total('perSecond'),
      p50: worst('p50'),
      p99: worst('p99'),
      cpuSeconds: (used / total('answered')) * 1000,
    };
  }

  /** What a contender can do at most: the median of its runs so far, or of one made for this. */
  async peakOf(contender: Contender): Promise<number> {
    if (!this.speeds.has(contender)) await this.run(contender);
    return median(this.speeds.get(contender)!);
  }

  /** Orders in stock, and tables without rubbish, their statistics fresh. */
  async prepare(orders: number): Promise<void> {
    await this.stock.fill(orders);
    await this.dataSource.query('VACUUM (ANALYZE) orders, cancellation_requests, order_events');
  }

  /** CPU time used so far, of these servers and of PostgreSQL. */
  private async cpuSeconds(servers: ServerProcess[]): Promise<number> {
    const own = await Promise.all(servers.map((server) => server.cpuSeconds()));
    return sum(own) + (await cpuSecondsOfFamily(this.postmaster));
  }

  /** The processes of pgbench's connections end a little after it, and until then their CPU time counts nowhere. */
  private async backendsGone(processesBefore: number): Promise<void> {
    const latest = performance.now() + BACKENDS_TIMEOUT_MS;
    while ((await childrenOf(this.postmaster)) > processesBefore && performance.now() < latest) {
      await delay(BACKENDS_CHECK_MS);
    }
  }

  /** Whether the database has recorded what a server answered. */
  private async check(contender: Contender, range: Range, { answered, sent, perSecond }: LoadResult) {
    // the calls took the orders in turn; those in flight at the end may or may not be recorded yet
    this.stock.giveBack(range, range.first + sent);
    const { answers } = await this.stock.recorded(range);
    if (answers < answered || answers > sent) {
      throw new Error(`${contender} gave ${answered} answers to ${sent} calls, but recorded ${answers}`);
    }
    this.noteSpeed(contender, perSecond);
  }

  private static async seed(
    postgres: EmbeddedPostgres,
    dataSource: DataSource,
    options: BenchOptions,
  ): Promise<Bench> {
    const { orders } = options;
    const url = await openBenchDatabase(postgres, dataSource, `speed_${orders}`, true);
    const databaseServer = await requireSettings(dataSource);
    const takers = await createTakers(dataSource, DATA_DIR, TAKERS);
    await seedHistory(dataSource, orders, (seeded) => process.stderr.write(`seeded ${seeded} orders\n`));
    await asSuperuser(postgres, 'CHECKPOINT');
    const stock = new Stock(dataSource, takers, orders + 1);
    const [{ pid }] = await dataSource.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid');
    return new Bench(postgres, dataSource, url, options, stock, databaseServer, await parentOf(pid));
  }

  /** Orders for a run, which may take a little longer than it is told to. */
  private enough(name: string, { seconds, rate }: Run): number {
    const perSecond = rate ?? Math.max((this.fastest.get(name) ?? FIRST_GUESS) * MARGIN, LEAST);
    return Math.ceil(perSecond * (seconds + OVERTIME_SECONDS)) + CONNECTIONS;
  }

  /** What a run has come to, for whoever waits for the table. */
  private report(who: string, perSecond: number): void {
    process.stderr.write(`${who}: ${Math.round(perSecond)}/s\n`);
  }

  private noteSpeed(name: string, perSecond: number): void {
    this.fastest.set(name, Math.max(perSecond, this.fastest.get(name) ?? 0));
  }

  private remember(name: string, perSecond: number): void {
    this.noteSpeed(name, perSecond);
    this.speeds.set(name, [...(this.speeds.get(name) ?? []), perSecond]);
  }
}
