import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { BenchTaker } from '../../support/takers.js';
import type { Bench } from '../bench.js';
import { makerTokens } from '../maker-token.js';
import type { PushPlan } from '../push-load.js';
import { percentile } from '../../support/statistics.js';
import type { Figure } from './figure.js';

const HANDSHAKES_PER_SECOND = 100;
export const TAKERS = 50;

/** From a maker's cancel being sent to its frame in the taker's hand, the takers answering each. */
export const push: Figure = {
  name: 'push',
  async measure(bench) {
    // of their own: those of the other figures have thousands of open requests, which a new socket is told of
    const takers = await bench.service.addTakers(TAKERS);
    const [p50, p99]: [number[], number[]] = [[], []];
    for (let round = 0; round < bench.options.rounds; round += 1) {
      const milliseconds = await playHandshakes(bench, takers);
      p50.push(percentile(milliseconds, 50));
      p99.push(percentile(milliseconds, 99));
    }
    const at = `at ${HANDSHAKES_PER_SECOND} handshakes/s`;
    return [
      { figure: `push latency ${at}, p50`, unit: 'ms', values: p50, target: { atMost: 5 } },
      { figure: `push latency ${at}, p99`, unit: 'ms', values: p99, target: { atMost: 25 } },
    ];
  },
};

/** Returns the milliseconds from each cancel being sent to its frame. */
export async function playHandshakes(bench: Bench, takers: BenchTaker[]): Promise<number[]> {
  const { seconds, warmUpSeconds } = bench.options;
  const orders = await bench.service.pending(HANDSHAKES_PER_SECOND * (seconds + warmUpSeconds));
  await bench.prepare('service', 0);
  const server = await bench.start('service');
  try {
    const tokenOf = await makerTokens(bench.service.dataSource);
    const handshakes = orders.map(({ maker, ...order }) => ({ ...order, token: tokenOf(maker) }));
    const common = { url: server.url, takers, perSecond: HANDSHAKES_PER_SECOND };
    const warmUps = HANDSHAKES_PER_SECOND * warmUpSeconds;
    await runLoad({ ...common, orders: handshakes.slice(0, warmUps) });
    return await runLoad({ ...common, orders: handshakes.slice(warmUps) });
  } finally {
    await server.stop();
  }
}

async function runLoad(plan: PushPlan): Promise<number[]> {
  const child = spawn(process.execPath, ['dist/bench/speed/push-load.js'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(plan));
  return JSON.parse((await text(child.stdout)) || '[]') as number[];
}
