import { type Figure, versus } from './figure.js';

/**
 * A third of what a machine at rest shows among a million orders (0.7 of bare, 0.35 of pgbench, 8 of textbook), since machines
 * that run tests are noisy. They compare runs of one bench alone: what a machine can do says nothing about the code.
 */
const AT_LEAST = { bare: 0.25, pgbench: 0.12, textbook: 2.5 };
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
