import type { RunResult } from '../bench.js';
import { quotients } from '../../support/statistics.js';
import type { Figure } from './figure.js';

/** Two instances of the service on one PostgreSQL, each with half of the connections, beside one with all of them. */
export const instances: Figure = {
  name: 'instances',
  async measure(bench) {
    const rounds: { one: RunResult; two: RunResult }[] = [];
    for (let round = 0; round < bench.options.rounds; round += 1) {
      rounds.push({ one: await bench.run('service'), two: await bench.run('service', {}, 2) });
    }
    const of = (which: 'one' | 'two', what: 'perSecond' | 'cpuSeconds'): number[] =>
      rounds.map((round) => round[which][what]);
    return [
      { figure: 'cancel-result, two instances', unit: '/s', values: of('two', 'perSecond') },
      {
        figure: 'two instances ÷ one',
        unit: '',
        values: quotients(of('two', 'perSecond'), of('one', 'perSecond')),
        ratio: 'two_instances_vs_one',
      },
      { figure: 'CPU a 1,000 answers, two instances', unit: 's', values: of('two', 'cpuSeconds') },
      { figure: 'CPU a 1,000 answers, one instance', unit: 's', values: of('one', 'cpuSeconds') },
    ];
  },
};
