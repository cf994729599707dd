import { CONNECTIONS } from '../bench.js';
import { mean } from '../../support/statistics.js';
import type { Figure } from './figure.js';

/** Orders are added between the runs of one process: so many of its answers a run, at most. */
const ANSWERS_A_RUN = 25_000;

/** Whether the service's memory grows with what it has answered. */
export const memory: Figure = {
  name: 'memory',
  onlyByName: true,
  async measure(bench) {
    const { answers, seconds } = bench.options;
    const server = await bench.start('service');
    const samples: { answered: number; mib: number }[] = [];
    try {
      for (let answered = 0; answered < answers;) {
        const count = Math.min(ANSWERS_A_RUN, answers - answered);
        await bench.prepare('service', count);
        const result = await bench.answer('service', [server], {
          connections: CONNECTIONS,
          seconds,
          mayRunOut: true,
        });
        answered += result.answered;
        samples.push({ answered, mib: (await server.residentKib()) / 1024 });
        process.stderr.write(`${answered} answers: ${Math.round(samples.at(-1)!.mib)} MiB\n`);
      }
    } finally {
      await server.stop();
    }
    const quarter = (number: number): number =>
      mean(
        samples
          .filter(({ answered }) => Math.ceil((answered / answers) * 4) === number)
          .map(({ mib }) => mib),
      );
    return [
      { figure: `resident memory, second quarter of ${answers} answers`, unit: 'MiB', values: [quarter(2)] },
      { figure: `resident memory, last quarter of ${answers} answers`, unit: 'MiB', values: [quarter(4)] },
      {
        figure: 'resident memory: last quarter ÷ second',
        unit: '',
        values: [quarter(4) / quarter(2)],
        target: { atMost: 1.05 },
        ratio: 'memory_last_vs_second_quarter',
      },
    ];
  },
};
