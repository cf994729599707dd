import { quotients } from '../statistics.js';
import type { Figure } from './figure.js';

/**
 * Bounds that even a machine at six times its load stays within: there the service had 0.04 to 0.11 and 0.7 to 2.3. They compare runs of
 * one bench alone: what a machine can do says nothing about the code. One transaction an answer cannot have better ones.
 */
const AT_LEAST = { vs_bare: 0.02, vs_textbook: 0.5 };

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
