import { quotients } from '../../support/statistics.js';
import type { Figure } from './figure.js';

/**
 * A third and a quarter of what a machine at rest shows, since machines that run tests are noisy. They compare runs of one
 * bench alone: what a machine can do says nothing about the code. With one transaction an answer the service had 0.1 and 0.8.
 */
const AT_LEAST = { vs_bare: 0.3, vs_textbook: 2 };

/** Whether the service has become slower. */
export const guard: Figure = {
  name: 'guard',
  onlyByName: true,
  async measure(bench) {
    const speeds = { service: [] as number[], bare: [] as number[], textbook: [] as number[] };
    for (let round = 0; round < bench.options.rounds; round += 1) {
      for (const contender of ['service', 'bare', 'textbook'] as const) {
        speeds[contender].push((await bench.run(contender)).perSecond);
      }
    }
    return (['bare', 'textbook'] as const).map((other) => ({
      figure: `cancel-result: service ÷ ${other}`,
      unit: '',
      values: quotients(speeds.service, speeds[other]),
      target: { atLeast: AT_LEAST[`vs_${other}`] },
      ratio: `vs_${other}`,
    }));
  },
};
