import type { Bench } from '../bench.js';
import type { Contender } from '../cluster.js';
import { median, quotients } from '../../support/statistics.js';
import type { Figure, Row } from './figure.js';

const PGBENCH_CLIENTS = [16, 64];
/** On Node 20, whose HTTP is slower, a lower one stands in the issue. */
const PGBENCH_TARGET = Number(process.versions.node.split('.')[0]) >= 24 ? 1 : 0.8;

type Name = Contender | `pgbench, ${number} clients`;

/** Answers a second of everybody, round by round in turn, and what they cost. */
export const core: Figure = {
  name: 'core',
  async measure(bench) {
    const rounds: Map<Name, { perSecond: number; cpuSeconds: number; p99?: number }>[] = [];
    for (let round = 0; round < bench.options.rounds; round += 1) rounds.push(await playRound(bench));
    const of = (name: Name, what: 'perSecond' | 'cpuSeconds' | 'p99' = 'perSecond'): number[] =>
      rounds.map((results) => results.get(name)![what]!);
    const pgbenches = PGBENCH_CLIENTS.map((clients): Name => `pgbench, ${clients} clients`);
    const best = pgbenches.toSorted((a, b) => median(of(b)) - median(of(a)))[0]!;
    const speed = (name: Name): Row => ({ figure: `cancel-result, ${name}`, unit: '/s', values: of(name) });
    const versus = (name: Name, label: string, ratio: string, atLeast: number): Row => ({
      figure: `cancel-result: service ÷ ${label}`,
      unit: '',
      values: quotients(of('service'), of(name)),
      target: { atLeast },
      ratio,
    });
    return [
      speed('service'),
      ...pgbenches.map(speed),
      speed('bare'),
      speed('textbook'),
      versus(best, best, 'vs_pgbench', PGBENCH_TARGET),
      versus('textbook', 'textbook', 'vs_textbook', 10),
      versus('bare', 'bare', 'vs_bare', 1.5),
      { figure: 'p99 at the peak, service', unit: 'ms', values: of('service', 'p99') },
      { figure: 'CPU a 1,000 answers, service', unit: 's', values: of('service', 'cpuSeconds') },
      { figure: `CPU a 1,000 answers, ${best}`, unit: 's', values: of(best, 'cpuSeconds') },
      {
        figure: 'CPU an answer: service ÷ pgbench',
        unit: '',
        values: quotients(of('service', 'cpuSeconds'), of(best, 'cpuSeconds')),
        target: { atMost: 1.5 },
        ratio: 'cpu_vs_pgbench',
      },
    ];
  },
};

async function playRound(bench: Bench) {
  const results = new Map<Name, { perSecond: number; cpuSeconds: number; p99?: number }>();
  for (const contender of ['service', 'bare', 'textbook'] as const) {
    results.set(contender, await bench.run(contender));
  }
  for (const clients of PGBENCH_CLIENTS) {
    results.set(`pgbench, ${clients} clients`, await bench.runPgbench({ clients }));
  }
  return results;
}
