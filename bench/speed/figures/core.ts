import { median, quotients } from '../../support/statistics.js';
import type { Bench } from '../bench.js';
import { type Figure, type Row, versus } from './figure.js';

interface Result {
  perSecond: number;
  cpuSeconds: number;
  p99?: number;
}

const PGBENCH_CLIENTS = [16, 64];
const leanPgbench = (clients: number): string => `pgbench, ${clients} clients`;
/** With as many clients as the service has transactions under way, about. */
const OWN_SCHEMA_CLIENTS = 16;
const OWN_SCHEMA_PGBENCH = `pgbench on the service's schema, ${OWN_SCHEMA_CLIENTS} clients`;

/** Answers a second of everybody, round by round in turn, and what they cost. */
export const core: Figure = {
  name: 'core',
  async measure(bench) {
    const rounds: Map<string, Result>[] = [];
    for (let round = 0; round < bench.options.rounds; round += 1) rounds.push(await playRound(bench));
    const of = (name: string, what: keyof Result = 'perSecond'): number[] =>
      rounds.map((results) => results.get(name)![what]!);
    const best = PGBENCH_CLIENTS.map(leanPgbench).toSorted((a, b) => median(of(b)) - median(of(a)))[0]!;
    const speed = (name: string): Row => ({ figure: `cancel-result, ${name}`, unit: '/s', values: of(name) });
    const answers = 'cancel-result: service';
    return [
      ...[...rounds[0]!.keys()].map(speed),
      versus(answers, of('service'), 'bare', of('bare'), { ratio: 'vs_bare', target: { atLeast: 1 } }),
      versus(answers, of('service'), best, of(best), { ratio: 'vs_pgbench', target: { atLeast: 0.5 } }),
      versus(answers, of('service'), 'textbook', of('textbook'), {
        ratio: 'vs_textbook',
        target: { atLeast: 12 },
      }),
      {
        figure: "what the service's schema costs: pgbench ÷ pgbench on it",
        unit: '',
        values: quotients(of(leanPgbench(OWN_SCHEMA_CLIENTS)), of(OWN_SCHEMA_PGBENCH)),
        ratio: 'schema_cost',
      },
      { figure: 'p99 at the peak, service', unit: 'ms', values: of('service', 'p99') },
      { figure: 'CPU a 1,000 answers, service', unit: 's', values: of('service', 'cpuSeconds') },
      { figure: `CPU a 1,000 answers, ${best}`, unit: 's', values: of(best, 'cpuSeconds') },
      versus('CPU an answer: service', of('service', 'cpuSeconds'), best, of(best, 'cpuSeconds'), {
        ratio: 'cpu_vs_pgbench',
        target: { atMost: 1.5 },
      }),
    ];
  },
};

async function playRound(bench: Bench): Promise<Map<string, Result>> {
  const results = new Map<string, Result>();
  for (const contender of ['service', 'bare', 'textbook'] as const) {
    results.set(contender, await bench.run(contender));
  }
  for (const clients of PGBENCH_CLIENTS) {
    results.set(leanPgbench(clients), await bench.runPgbench({ schema: 'lean', clients }));
  }
  results.set(OWN_SCHEMA_PGBENCH, await bench.runPgbench({ schema: 'service', clients: OWN_SCHEMA_CLIENTS }));
  return results;
}
