import { type Figure, versus } from './figure.js';

/**
 * About half of what a machine at rest shows among 20,000 orders (0.76 of bare, 12.6 of textbook), since machines that run tests are
 * noisy. Not beside pgbench: that waits for the disk where the others want for CPU, so their ratio tells of the machine.
 */
const AT_LEAST = { bare: 0.4, textbook: 6 };

/** Whether the service has become slower. */
export const guard: Figure = {
  name: 'guard',
  onlyByName: true,
  async measure(bench) {
    const speeds = { service: [], bare: [], textbook: [] } as Record<
      'service' | keyof typeof AT_LEAST,
      number[]
    >;
    for (let round = 0; round < bench.options.rounds; round += 1) {
      for (const contender of ['service', 'bare', 'textbook'] as const) {
        speeds[contender].push((await bench.run(contender)).perSecond);
      }
    }
    return (['bare', 'textbook'] as const).map((other) =>
      versus('cancel-result: service', speeds.service, other, speeds[other], {
        ratio: `vs_${other}`,
        target: { atLeast: AT_LEAST[other] },
      }),
    );
  },
};
