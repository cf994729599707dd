import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { LaunchError } from '#config';
import { Command, InvalidArgumentError } from 'commander';
import dataSource from '../../ormconfig.js';
import { Bench, type BenchOptions } from './bench.js';
import { FIGURES } from './figures/all.js';
import type { Row } from './figures/figure.js';
import { pgbenchVersion } from './pgbench.js';
import { reportOf, tableOf } from './report.js';

/**
 * How fast the service is, beside what could be had without it: `npm run bench`. What is measured, and how, stands in
 * docs/performance.md.
 */
const ROUNDS = 5;
const FULL = { orders: 1_000_000, rounds: ROUNDS, seconds: 8, warmUpSeconds: 4 };
const QUICK = { orders: 50_000, rounds: ROUNDS, seconds: 2, warmUpSeconds: 2 };

interface Options {
  quick?: true;
  orders?: number;
  rounds?: number;
  seconds?: number;
  only?: string[];
  json?: string;
}

const count = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
};

const names = (text: string): string[] => {
  const chosen = text.split(',');
  const unknown = chosen.find((name) => !FIGURES.some((figure) => figure.name === name));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`There is ${FIGURES.map(({ name }) => name).join(', ')}.`);
  }
  return chosen;
};

async function requireTools(): Promise<void> {
  const missing = [];
  if (!(await pgbenchVersion()))
    missing.push('pgbench (Debian: postgresql-15 with postgresql-client-common)');
  try {
    execFileSync('which', ['wrk']);
  } catch {
    missing.push('wrk (Debian: wrk)');
  }
  if (missing.length > 0) throw new LaunchError(`not found on PATH: ${missing.join(', ')}`);
}

async function bench({ quick, only, json, ...given }: Options): Promise<void> {
  await requireTools();
  const load = loadavg().map((value) => value.toFixed(2));
  const options: BenchOptions = { ...(quick ? QUICK : FULL), ...given };
  const figures = FIGURES.filter(({ name, long }) => (only ? only.includes(name) : !long));
  const bench = await Bench.open(dataSource, options);
  const rows: Row[] = [];
  try {
    for (const figure of figures) rows.push(...(await figure.measure(bench)));
  } finally {
    await bench.close();
  }
  const machine = {
    node: process.version,
    postgresql: bench.version,
    pgbench: await pgbenchVersion(),
    cores: cpus().length,
    loadAverageAtStart: load.join(' '),
  };
  process.stdout.write(tableOf(rows, { ...machine, ...options }));
  if (json) await writeFile(json, `${JSON.stringify(reportOf(rows, { machine, options }), null, 2)}\n`);
}

const program = new Command('bench')
  .description(
    'Measures the service beside pgbench, a bare server and a textbook one, on PostgreSQL under .data/bench.',
  )
  .option('--quick', 'less of everything: under 3 minutes')
  .option('--orders <number>', 'orders that are seeded', count)
  .option('--rounds <number>', 'runs of each', count)
  .option('--seconds <number>', 'of each run', count)
  .option(
    '--only <figures>',
    `some of ${FIGURES.map(({ name }) => name).join(', ')}, commas between them`,
    names,
  )
  .option('--json <file>', 'writes everything, too')
  .action(bench);

await program.parseAsync().catch((error: Error) => {
  process.stderr.write(`${error instanceof LaunchError ? error.message : error.stack}\n`);
  process.exitCode = 1;
});
