import { quotients } from '../../support/statistics.js';
import type { Figure } from './figure.js';

const PGBENCH_CLIENTS = 16;

/** Milliseconds, of each round. */
interface Waits {
  p50: number[];
  p99: number[];
}

/** How long answers take at half of the service's own peak, the calls made on time whatever became of those before. */
export const latency: Figure = {
  name: 'latency',
  async measure(bench) {
    const rate = Math.floor((await bench.peakOf('service')) / 2);
    const service: Waits = { p50: [], p99: [] };
    const limit: Waits = { p50: [], p99: [] };
    for (let round = 0; round < bench.options.rounds; round += 1) {
      add(service, await bench.run('service', { rate }));
      add(limit, await bench.runPgbench({ schema: 'lean', clients: PGBENCH_CLIENTS, rate }));
    }
    return [
      { figure: `p50 at half of the peak, ${rate}/s, service`, unit: 'ms', values: service.p50 },
      {
        figure: `p99 at half of the peak, ${rate}/s, service`,
        unit: 'ms',
        values: service.p99,
        target: { atMost: 20 },
      },
      { figure: `p50 of pgbench at ${rate}/s`, unit: 'ms', values: limit.p50 },
      { figure: `p99 of pgbench at ${rate}/s`, unit: 'ms', values: limit.p99 },
      {
        figure: 'p99 of the service ÷ p50 of pgbench',
        unit: '',
        values: quotients(service.p99, limit.p50),
        target: { atMost: 3 },
        ratio: 'p99_vs_pgbench_p50',
      },
    ];
  },
};

function add(waits: Waits, { p50, p99 }: { p50?: number; p99?: number }): void {
  waits.p50.push(p50!);
  waits.p99.push(p99!);
}
