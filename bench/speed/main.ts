import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { LaunchError } from '#config';
import { Command, InvalidArgumentError } from 'commander';
import dataSource from '../../ormconfig.js';
import { Bench, type BenchOptions } from './bench.js';
import { FIGURES } from './figures/all.js';
import type { Figure, Row } from './figures/figure.js';
import { pgbenchVersion } from './pgbench.js';
import { isMet, reportOf, tableOf } from './report.js';

/**
 * How fast the service is, beside what could be had without it: `npm run bench`. What is measured, and how, stands in
 * docs/performance.md.
 */
const FULL: BenchOptions = {
  orders: 1_000_000,
  rounds: 5,
  seconds: 8,
  warmUpSeconds: 4,
  largest: 10_000_000,
  answers: 1_000_000,
};
const QUICK = { ...FULL, orders: 20_000, rounds: 3, seconds: 2, warmUpSeconds: 2 };

interface Options extends Partial<BenchOptions> {
  quick?: true;
  guard?: true;
  only?: string[];
  json?: string;
}

const count = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
};

const names = (text: string): string[] => {
  const list = text.split(',');
  const unknown = list.find((name) => !FIGURES.some((figure) => figure.name === name));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`There is ${FIGURES.map(({ name }) => name).join(', ')}.`);
  }
  return list;
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

/** The figures that were asked for: without names those of the table, or in a hurry what it is about. */
function chosen({ quick, guard, only }: Options): Figure[] {
  const wanted = guard ? ['guard'] : (only ?? (quick ? ['core'] : undefined));
  return FIGURES.filter(({ name, onlyByName }) => (wanted ? wanted.includes(name) : !onlyByName));
}

async function measure(given: Options): Promise<void> {
  await requireTools();
  const loadAverageAtStart = loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');
  const { quick, guard, only: _only, json, ...set } = given;
  const options: BenchOptions = { ...(guard || quick ? QUICK : FULL), ...set };
  const bench = await Bench.open(dataSource, options);
  const rows: Row[] = [];
  try {
    for (const figure of chosen(given)) rows.push(...(await figure.measure(bench)));
  } finally {
    await bench.close();
  }
  const machine = {
    node: process.version,
    postgresql: bench.databaseServer.version,
    hugePages: bench.databaseServer.hugePages,
    pgbench: await pgbenchVersion(),
    cores: cpus().length,
    loadAverageAtStart,
  };
  process.stdout.write(tableOf(rows, { ...machine, ...options }));
  if (json) await writeFile(json, `${JSON.stringify(reportOf(rows, { machine, options }), null, 2)}\n`);
  if (guard && rows.some((row) => isMet(row) === false)) process.exitCode = 1;
}

const program = new Command('bench')
  .description(
    'Measures the service beside pgbench, a bare server and a textbook one, each with tables of its own, on PostgreSQL under .data/bench.',
  )
  .option('--quick', 'the figure `core` alone, with less of everything: under 3 minutes')
  .option('--guard', 'only whether the service has become slower beside the others')
  .option('--orders <number>', 'orders that are seeded', count)
  .option('--rounds <number>', 'runs of each', count)
  .option('--seconds <number>', 'of each run', count)
  .option('--largest <number>', 'orders that the figure size goes up to', count)
  .option('--answers <number>', 'answers that the figure memory goes up to', count)
  .option(
    '--only <figures>',
    `some of ${FIGURES.map(({ name }) => name).join(', ')}, commas between them`,
    names,
  )
  .option('--json <file>', 'writes everything, too')
  .action(measure);

await program.parseAsync().catch((error: Error) => {
  process.stderr.write(`${error instanceof LaunchError ? error.message : error.stack}\n`);
  process.exitCode = 1;
});
