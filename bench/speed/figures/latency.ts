import { quotients } from '../statistics.js';
import type { Figure } from './figure.js';

const PGBENCH_CLIENTS = 16;

/** How long answers take at half of the service's own peak, the calls made on time whatever became of those before. */
export const latency: Figure = {
  name: 'latency',
  async measure(bench) {
    const rate = Math.floor((await bench.peakOf('service')) / 2);
    const [p99, p50, limit]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < bench.options.rounds; round += 1) {
      const service = await bench.run('service', { rate });
      p99.push(service.p99);
      p50.push(service.p50);
      limit.push((await bench.runPgbench({ clients: PGBENCH_CLIENTS, rate })).p50!);
    }
    return [
      { figure: `p50 at half of the peak, ${rate}/s, service`, unit: 'ms', values: p50 },
      {
        figure: `p99 at half of the peak, ${rate}/s, service`,
        unit: 'ms',
        values: p99,
        target: { atMost: 20 },
      },
      { figure: `p50 of pgbench at ${rate}/s`, unit: 'ms', values: limit },
      {
        figure: 'p99 of the service ÷ p50 of pgbench',
        unit: '',
        values: quotients(p99, limit),
        target: { atMost: 3 },
        ratio: 'p99_vs_pgbench_p50',
      },
    ];
  },
};
