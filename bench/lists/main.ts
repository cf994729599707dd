import 'reflect-metadata';
import { EmbeddedPostgres } from '#dev-postgres';
import {
  CancellationQueries,
  CancellationRequest,
  Fill,
  FillQueries,
  FormerTaker,
  Order,
  OrderQueries,
} from '#trading';
import type { Logger } from 'typeorm';
import dataSource from '../../ormconfig.js';
import { openBenchDatabase } from '../support/bench-database.js';
import { seedHistory, seedTakers } from '../support/seed.js';
import { listCalls, type Readers } from './queries.js';

/**
 * How fast the lists are on many orders, and by which indexes: `npm run bench:lists [-- ORDERS]`. Seeds a database of
 * its own, and fails when a list takes longer than users would wait or reads a whole table.
 */
const ORDERS = Number(process.argv[2] ?? 1_000_000);
const TAKERS = 20;
const RUNS = 7;
/** Of a list in its default order, with or without a status; and of any other. */
const USUAL_LIMIT_MS = 50;
const OTHER_LIMIT_MS = 300;
const DATABASE = `lists_${ORDERS}`;

interface Statement {
  sql: string;
  parameters: unknown[];
}

/** Notes the statements that TypeORM sends. */
class Recorder implements Partial<Logger> {
  statements: Statement[] = [];
  logQuery(sql: string, parameters: unknown[] = []): void {
    this.statements.push({ sql, parameters });
  }
  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  Plans?: PlanNode[];
}

/** The indexes of a plan, and the tables that it reads as a whole. */
function accessesOf(node: PlanNode): string[] {
  const whole = node['Node Type'] === 'Seq Scan' ? [`SEQ SCAN ${node['Relation Name']}`] : [];
  const index = node['Index Name'] ? [node['Index Name']] : [];
  return [...whole, ...index, ...(node.Plans ?? []).flatMap(accessesOf)];
}

async function measured(recorder: Recorder, readers: Readers, run: (readers: Readers) => Promise<unknown>) {
  const times: number[] = [];
  for (let round = 0; round < RUNS; round += 1) {
    recorder.statements = [];
    const began = performance.now();
    await run(readers);
    times.push(performance.now() - began);
  }
  const { statements } = recorder;
  recorder.statements = [];
  const accesses = new Set<string>();
  for (const { sql, parameters } of statements) {
    const [row] = await dataSource.query<[{ 'QUERY PLAN': [{ Plan: PlanNode }] }]>(
      `EXPLAIN (FORMAT JSON) ${sql}`,
      parameters,
    );
    accessesOf(row['QUERY PLAN'][0].Plan).forEach((access) => accesses.add(access));
  }
  const sorted = times.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(RUNS / 2)]!, slowest: sorted.at(-1)!, accesses: [...accesses] };
}

async function prepare(postgres: EmbeddedPostgres): Promise<void> {
  await openBenchDatabase(postgres, dataSource, DATABASE);
  // indexes are made at the end of seeding
  const [{ seeded }] = await dataSource.query<[{ seeded: boolean }]>(
    `SELECT EXISTS (SELECT FROM orders) AND to_regclass('orders_of_maker') IS NOT NULL AS seeded`,
  );
  if (seeded) return;
  await dataSource.destroy();
  await openBenchDatabase(postgres, dataSource, DATABASE, true);
  process.stdout.write(`seeding ${ORDERS} orders …\n`);
  await seedTakers(dataSource, TAKERS);
  await seedHistory(dataSource, ORDERS);
  await dataSource.query('VACUUM (ANALYZE)');
}

/** By its name: `orders`, and what it is asked for. */
const isUsual = (name: string): boolean => /^(takers\/)?orders( status=\S+)?$/.test(name.trim());

async function main(): Promise<void> {
  await prepare(postgres);
  const recorder = new Recorder();
  dataSource.logger = recorder as Logger;
  const [orders, requests] = [dataSource.getRepository(Order), dataSource.getRepository(CancellationRequest)];
  const fills = dataSource.getRepository(Fill);
  const readers = {
    orders: new OrderQueries(orders, requests, fills, dataSource.getRepository(FormerTaker)),
    fills: new FillQueries(fills, orders),
    requests: new CancellationQueries(requests, orders),
  };
  const failures: string[] = [];
  process.stdout.write('\n  median ms  slowest ms  list  [indexes]\n');
  for (const [name, run] of await listCalls(dataSource)) {
    const { median, slowest, accesses } = await measured(recorder, readers, run);
    const limit = isUsual(name) ? USUAL_LIMIT_MS : OTHER_LIMIT_MS;
    const failed = median > limit || accesses.some((access) => access.startsWith('SEQ'));
    if (failed) failures.push(name);
    const figures = `${median.toFixed(1).padStart(11)}${slowest.toFixed(1).padStart(12)}`;
    process.stdout.write(`${figures}  ${failed ? '✗ ' : ''}${name}  [${accesses.join(', ')}]\n`);
  }
  process.stdout.write(`\n${failures.length} of the lists too slow or without an index\n`);
  if (failures.length > 0) process.exitCode = 1;
}

const postgres = await EmbeddedPostgres.start('.data/bench');
try {
  await main();
} finally {
  if (dataSource.isInitialized) await dataSource.destroy();
  await postgres.stop();
}
