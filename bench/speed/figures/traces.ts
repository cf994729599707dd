import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Bench } from '../bench.js';
import { COLLECTOR_PORT } from '../cluster.js';
import { type Figure, versus } from './figure.js';

/** What traces cost: the service that sends each span to a collector beside the one that makes none, in turn. */
export const traces: Figure = {
  name: 'traces',
  onlyByName: true,
  async measure(bench) {
    const collector = createServer((request, response) =>
      request.resume().on('end', () => response.end('{}')),
    );
    await once(collector.listen(COLLECTOR_PORT, '127.0.0.1'), 'listening');
    try {
      return await measureBeside(bench);
    } finally {
      collector.close();
      collector.closeAllConnections();
    }
  },
};

async function measureBeside(bench: Bench) {
  const speeds: Record<'service' | 'traced', number[]> = { service: [], traced: [] };
  const cpu: typeof speeds = { service: [], traced: [] };
  for (let round = 0; round < bench.options.rounds; round += 1) {
    for (const contender of ['service', 'traced'] as const) {
      const { perSecond, cpuSeconds } = await bench.run(contender);
      speeds[contender].push(perSecond);
      cpu[contender].push(cpuSeconds);
    }
  }
  return [
    versus('cancel-result: traced', speeds.traced, 'not traced', speeds.service, { ratio: 'traces' }),
    versus('CPU an answer: traced', cpu.traced, 'not traced', cpu.service, { ratio: 'traces_cpu' }),
  ];
}
