import { quotients } from '../../support/statistics.js';
import type { Figure } from './figure.js';

const SMALL = 100_000;

/** What the service's peak loses by the number of orders. */
export const size: Figure = {
  name: 'size',
  onlyByName: true,
  async measure(bench) {
    const { largest, rounds } = bench.options;
    const benches = { small: await bench.beside(SMALL), large: await bench.beside(largest) };
    const speeds: { small: number[]; large: number[] } = { small: [], large: [] };
    try {
      // does not count: the first vacuum marks every seeded row, and its pages are still being written
      for (const each of Object.values(benches)) await each.run('service');
      for (let round = 0; round < rounds; round += 1) {
        speeds.small.push((await benches.small.run('service')).perSecond);
        speeds.large.push((await benches.large.run('service')).perSecond);
      }
    } finally {
      await benches.small.service.close();
      await benches.large.service.close();
    }
    return [
      { figure: `cancel-result among ${SMALL} orders`, unit: '/s', values: speeds.small },
      { figure: `cancel-result among ${largest} orders`, unit: '/s', values: speeds.large },
      {
        figure: `peak with ${largest} orders ÷ with ${SMALL}`,
        unit: '',
        values: quotients(speeds.large, speeds.small),
        target: { atLeast: 0.9 },
        ratio: 'large_vs_small',
      },
    ];
  },
};
