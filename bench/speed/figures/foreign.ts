import { Client } from 'pg';
import { percentile } from '../../support/statistics.js';
import type { Figure } from './figure.js';
import { playHandshakes, TAKERS } from './push.js';

/** How much later pushes come while another program's transaction is open that has written: with it and without, in turn. */
export const foreign: Figure = {
  name: 'foreign',
  onlyByName: true,
  async measure(bench) {
    const takers = await bench.service.addTakers(TAKERS);
    const ratios: number[] = [];
    for (let round = 0; round < bench.options.rounds; round += 1) {
      const without = percentile(await playHandshakes(bench, takers), 99);
      const client = new Client({ connectionString: bench.service.url });
      await client.connect();
      try {
        await client.query('BEGIN');
        await client.query('SELECT pg_current_xact_id()');
        ratios.push(percentile(await playHandshakes(bench, takers), 99) / without);
      } finally {
        await client.end();
      }
    }
    return [
      {
        figure: 'push latency with a foreign open transaction ÷ without, p99',
        unit: '',
        values: ratios,
        target: { atMost: 1.5 },
        ratio: 'foreign',
      },
    ];
  },
};
