import { quotients } from '../../support/statistics.js';
import type { Figure } from './figure.js';

/** How long one caller waits for an answer when nobody else calls. */
export const lone: Figure = {
  name: 'lone',
  async measure(bench) {
    const [service, bare]: [number[], number[]] = [[], []];
    for (let round = 0; round < bench.options.rounds; round += 1) {
      service.push((await bench.run('service', { connections: 1 })).p50);
      bare.push((await bench.run('bare', { connections: 1 })).p50);
    }
    return [
      { figure: 'a lone answer (p50), service', unit: 'ms', values: service },
      { figure: 'a lone answer (p50), bare', unit: 'ms', values: bare },
      {
        figure: 'a lone answer: service ÷ bare',
        unit: '',
        values: quotients(service, bare),
        target: { atMost: 2 },
        ratio: 'lone_vs_bare',
      },
    ];
  },
};
