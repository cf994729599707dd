import type { EmbeddedPostgres } from '#dev-postgres';
import { DataSource } from 'typeorm';
import { asSuperuser } from '../support/bench-database.js';
import { parentOf } from '../support/cpu.js';
import type { ServerProcess } from '../support/server-process.js';
import { median, sum } from '../support/statistics.js';
import {
  type Contender,
  CONTENDERS,
  type DatabaseServer,
  requireSettings,
  type Schema,
  startPostgres,
  startServer,
} from './cluster.js';
import { CpuMeter } from './cpu-meter.js';
import { LeanTables } from './lean/tables.js';
import { load, type LoadOptions, type LoadResult } from './load.js';
import { pgbench, type PgbenchOptions, type PgbenchResult } from './pgbench.js';
import { ServiceTables } from './service-tables.js';
import { type OrderTables, type Range, Stock } from './stock.js';
import { TextbookTables } from './textbook/tables.js';

export const CONNECTIONS = 64;
/** Answers a second that a contender's first warm-up is given orders for: that one may run out of them. */
const FIRST_GUESS = 4_000;
/** Answers a second that any run is given orders for: one that was starved may not be the next time. */
const LEAST = 1_000;
/** How much faster than before a contender may be in a run without running out of orders. */
const MARGIN = 2.5;
/** pgbench's clients take the orders in strides, each at its own pace: the fastest may be so far ahead of the mean. */
const PGBENCH_LEAD = 2;
const PGBENCH_WARM_UP_SECONDS = 4;
/** Of a server, again and again until it is warm. */
const WARM_UP = { connections: CONNECTIONS, seconds: 2, mayRunOut: true };
/** How much later than it is to, a load may come to its end on a busy machine. */
const OVERTIME_SECONDS = 1;

export interface BenchOptions {
  /** Seeded before the first run. */
  orders: number;
  rounds: number;
  seconds: number;
  /** Of its own CPU time, before a server is measured: its code is compiled and the database's pages are read. */
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

/** Seeded databases, and what runs on them, one at a time: nothing else works on the cluster meanwhile. */
export class Bench {
  /** Answers a second, by who gave them, of each run at full speed; and the most of any, warm-ups too. */
  private readonly speeds = new Map<string, number[]>();
  private readonly fastest = new Map<string, number>();

  private readonly stocks = new Map<Schema, Stock>();

  private constructor(
    private readonly postgres: EmbeddedPostgres,
    readonly options: BenchOptions,
    readonly service: ServiceTables,
    readonly databaseServer: DatabaseServer,
    readonly meter: CpuMeter,
  ) {
    this.addStock('service', service);
  }

  static async open(dataSource: DataSource, options: BenchOptions): Promise<Bench> {
    const postgres = await startPostgres();
    try {
      const bench = await Bench.seed(postgres, dataSource, options);
      bench.addStock('lean', await LeanTables.seed(postgres, options.orders));
      bench.addStock('textbook', await TextbookTables.seed(postgres, options.orders));
      await asSuperuser(postgres, 'CHECKPOINT');
      return bench;
    } catch (error) {
      if (dataSource.isInitialized) await dataSource.destroy();
      await postgres.stop();
      throw error;
    }
  }

  /** Another one, of another size and for the service alone, on the same cluster, for while this one is open. */
  async beside(orders: number): Promise<Bench> {
    const dataSource = new DataSource(this.service.dataSource.options);
    const bench = await Bench.seed(this.postgres, dataSource, { ...this.options, orders });
    await asSuperuser(this.postgres, 'CHECKPOINT');
    return bench;
  }

  async close(): Promise<void> {
    for (const { tables } of this.stocks.values()) await tables.close();
    await this.postgres.stop();
  }

  start(contender: Contender): Promise<ServerProcess> {
    return startServer(contender, this.stockOf(contender).tables.url);
  }

  /** Starts a server, or several of a kind, warms it up, has it record answers, and stops it. */
  async run(contender: Contender, given: Partial<LoadOptions> = {}, instances = 1): Promise<RunResult> {
    const options = { connections: CONNECTIONS, seconds: this.options.seconds, ...given };
    const orders = instances * (this.enough(contender, WARM_UP) + this.enough(contender, options));
    await this.prepare(CONTENDERS[contender].schema, orders);
    const servers = await Promise.all(Array.from({ length: instances }, () => this.start(contender)));
    try {
      await this.warmUp(contender, servers);
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
    const name = `pgbench ${options.clients} on the ${options.schema} tables`;
    const stock = this.stocks.get(options.schema)!;
    const warmUp = { clients: options.clients, schema: options.schema, seconds: PGBENCH_WARM_UP_SECONDS };
    const enough = (run: Run): number => this.enough(name, run) * PGBENCH_LEAD;
    await this.prepare(options.schema, enough(warmUp) + enough(options));
    const { url } = stock.tables;
    const [warm] = await this.meter.ofPrograms(async () =>
      pgbench(url, { ...warmUp, ...(await stock.take(enough(warmUp))) }),
    );
    this.noteSpeed(name, warm.perSecond);
    const range = await stock.take(enough(options));
    const [result, cpu] = await this.meter.ofPrograms(() => pgbench(url, { ...options, ...range }));
    const { answers, last } = await stock.tables.recorded(range);
    stock.giveBack(range, last + 1);
    if (answers !== result.transactions) {
      throw new Error(`pgbench reports ${result.transactions} transactions, but recorded ${answers} answers`);
    }
    this.report(name, result.perSecond);
    if (!options.rate) this.remember(name, result.perSecond);
    return { ...result, cpuSeconds: ((cpu.own + cpu.postgres) / result.transactions) * 1000 };
  }

  /** By CPU time, since beside other work a server compiles its code the later. */
  private async warmUp(contender: Contender, servers: ServerProcess[]): Promise<void> {
    const enough = this.options.warmUpSeconds * servers.length;
    for (let used = 0; used < enough;) {
      const [, { own }] = await this.meter.ofServers(servers, () => this.answer(contender, servers, WARM_UP));
      used += own;
    }
  }

  /** Has orders answered, by several servers with as many of the connections each, and counts what was recorded. */
  async answer(contender: Contender, servers: ServerProcess[], given: LoadOptions): Promise<RunResult> {
    const options = { ...given, connections: given.connections / servers.length };
    const stock = this.stockOf(contender);
    const ranges: Range[] = [];
    for (const _ of servers) ranges.push(await stock.take(this.enough(contender, options)));
    const calls = await Promise.all(ranges.map((range) => stock.tables.answers(range)));
    const [results, cpu] = await this.meter.ofServers(servers, () =>
      Promise.all(servers.map(({ url }, index) => load(url, calls[index]!, options))),
    );
    for (const [index, result] of results.entries()) await this.check(contender, ranges[index]!, result);
    const total = (what: 'answered' | 'sent' | 'perSecond'): number => sum(results.map((one) => one[what]));
    const worst = (what: 'p50' | 'p99'): number => Math.max(...results.map((one) => one[what]));
    return {
      answered: total('answered'),
      sent: total('sent'),
      perSecond: total('perSecond'),
      p50: worst('p50'),
      p99: worst('p99'),
      cpuSeconds: ((cpu.own + cpu.postgres) / total('answered')) * 1000,
    };
  }

  /** What a contender can do at most: the median of its runs so far, or of one made for this. */
  async peakOf(contender: Contender): Promise<number> {
    if (!this.speeds.has(contender)) await this.run(contender);
    return median(this.speeds.get(contender)!);
  }

  /** Orders in stock, and tables without rubbish, their statistics fresh. */
  async prepare(schema: Schema, orders: number): Promise<void> {
    const stock = this.stocks.get(schema)!;
    await stock.fill(orders);
    await stock.tables.vacuum();
  }

  /** Whether the database has recorded what a server answered. */
  private async check(contender: Contender, range: Range, { answered, sent, perSecond }: LoadResult) {
    const stock = this.stockOf(contender);
    // the calls took the orders in turn; those in flight at the end may or may not be recorded yet
    stock.giveBack(range, range.first + sent);
    const { answers } = await stock.tables.recorded(range);
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
    const tables = await ServiceTables.seed(postgres, dataSource, options.orders);
    const databaseServer = await requireSettings(dataSource);
    const [{ pid }] = await dataSource.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid');
    return new Bench(postgres, options, tables, databaseServer, new CpuMeter(await parentOf(pid)));
  }

  /** What is seeded has the numbers below those of the stock. */
  private addStock(schema: Schema, tables: OrderTables): void {
    this.stocks.set(schema, new Stock(tables, this.options.orders + 1));
  }

  private stockOf(contender: Contender): Stock {
    return this.stocks.get(CONTENDERS[contender].schema)!;
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
