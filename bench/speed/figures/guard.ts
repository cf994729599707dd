import { type Figure, versus } from './figure.js';

/**
 * About half of what a machine at rest shows among 20,000 orders (0.76 of bare, 0.68 of pgbench, 12.6 of textbook), since
 * machines that run tests are noisy.
 */
const AT_LEAST = { bare: 0.4, pgbench: 0.3, textbook: 6 };
const PGBENCH_CLIENTS = 16;

/** Whether the service has become slower. */
export const guard: Figure = {
  name: 'guard',
  onlyByName: true,
  async measure(bench) {
    const speeds = { service: [], bare: [], textbook: [], pgbench: [] } as Record<
      'service' | keyof typeof AT_LEAST,
      number[]
    >;
    for (let round = 0; round < bench.options.rounds; round += 1) {
      for (const contender of ['service', 'bare', 'textbook'] as const) {
        speeds[contender].push((await bench.run(contender)).perSecond);
      }
      const { perSecond } = await bench.runPgbench({ schema: 'lean', clients: PGBENCH_CLIENTS });
      speeds.pgbench.push(perSecond);
    }
    return (['bare', 'pgbench', 'textbook'] as const).map((other) =>
      versus('cancel-result: service', speeds.service, other, speeds[other], {
        ratio: `vs_${other}`,
        target: { atLeast: AT_LEAST[other] },
      }),
    );
  },
};
