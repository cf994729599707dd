import { hashTypedData } from 'viem';
import { orderTypedData } from '#client';
import type { ServerProcess } from '../../support/server-process.js';
import { type Bench, CONNECTIONS } from '../bench.js';
import { answersOf, type Calls, load } from '../load.js';
import { makerTokens } from '../maker-token.js';
import { placing, settlement, SigningMakers } from '../signed-orders.js';
import { YARDSTICK_TAKERS } from '../yardsticks.js';
import { type Figure, type Row, versus } from './figure.js';

const MAKERS = 20;
/** Orders of a measured round, and of the warm-up before it: about half a second a step for either. */
const ORDERS = { service: 1_500, textbook: 200 };
const WARM_UP_PART = 0.5;
/** A step has ended long before. */
const STEP_TIMEOUT_S = 60;
const STEPS = ['order creation', 'lock', 'cancel', 'answer'] as const;

type Player = keyof typeof ORDERS;
type StepName = (typeof STEPS)[number];
type StepCalls = Record<StepName, Calls>;

interface Played {
  perSecond: Record<StepName, number>;
  /** Milliseconds of CPU time a handshake. */
  cpuMs: { own: number; postgres: number };
}

/** A handshake's four calls, each by all connections on the same orders, one step after the other. */
export const handshake: Figure = {
  name: 'handshake',
  async measure(bench) {
    const makers = new SigningMakers(MAKERS);
    const played: Record<Player, Played[]> = { service: [], textbook: [] };
    for (let round = 0; round < bench.options.rounds; round += 1) {
      for (const player of ['service', 'textbook'] as const) {
        played[player].push(await play(bench, player, makers));
      }
    }
    const speeds = (player: Player, step: StepName): number[] =>
      played[player].map(({ perSecond }) => perSecond[step]);
    const cpu = (label: string, player: Player, what: 'own' | 'postgres', atMost?: number): Row => ({
      figure: `CPU a handshake, ${label}`,
      unit: 'ms',
      values: played[player].map(({ cpuMs }) => cpuMs[what]),
      ...(atMost && { target: { atMost } }),
    });
    return [
      cpu('service', 'service', 'own', 2),
      cpu('PostgreSQL for the service', 'service', 'postgres', 2),
      cpu('textbook', 'textbook', 'own'),
      cpu('PostgreSQL for the textbook', 'textbook', 'postgres'),
      ...STEPS.flatMap((step): Row[] => [
        { figure: `${step}, service`, unit: '/s', values: speeds('service', step) },
        versus(`${step}: service`, speeds('service', step), 'textbook', speeds('textbook', step), {
          ratio: `${step.replace('order ', '')}_vs_textbook`,
          target: { atLeast: 5 },
        }),
      ]),
    ];
  },
};

async function play(bench: Bench, player: Player, makers: SigningMakers): Promise<Played> {
  await bench.prepare(player, 0);
  const server = await bench.start(player);
  try {
    const warmUp = await callsOf(bench, player, makers, Math.ceil(ORDERS[player] * WARM_UP_PART));
    await playSteps(bench, server, warmUp);
    const played = await playSteps(bench, server, await callsOf(bench, player, makers, ORDERS[player]));
    const speeds = STEPS.map((step) => `${step} ${Math.round(played.perSecond[step])}/s`);
    process.stderr.write(`${player}: ${speeds.join(', ')}\n`);
    return played;
  } finally {
    await server.stop();
  }
}

async function playSteps(bench: Bench, server: ServerProcess, calls: StepCalls): Promise<Played> {
  const perSecond = {} as Played['perSecond'];
  const cpuMs = { own: 0, postgres: 0 };
  for (const step of STEPS) {
    const [result, cpu] = await bench.meter.ofServers([server], () =>
      load(server.url, calls[step], { connections: CONNECTIONS, seconds: STEP_TIMEOUT_S, all: true }),
    );
    perSecond[step] = result.perSecond;
    cpuMs.own += (cpu.own / result.answered) * 1000;
    cpuMs.postgres += (cpu.postgres / result.answered) * 1000;
  }
  return { perSecond, cpuMs };
}

/** The same calls for either: they differ in who the takers are. */
async function callsOf(
  bench: Bench,
  player: Player,
  makers: SigningMakers,
  count: number,
): Promise<StepCalls> {
  const takers = player === 'service' ? bench.service.takers : YARDSTICK_TAKERS;
  const tokenOf = await makerTokens(bench.service.dataSource);
  const signed = await makers.sign(count);
  const asked = signed.map(({ order }, index) => ({
    order_hash: hashTypedData(orderTypedData(settlement, order)),
    taker: index % takers.length,
    maker: order.maker,
  }));
  return {
    'order creation': placing(makers, tokenOf, signed),
    lock: {
      heads: takers.map(({ apiKey }) => ({ path: '/api/v1/orders/lock', headers: { 'x-api-key': apiKey } })),
      calls: asked.map(({ order_hash, taker }) => ({
        head: taker,
        body: JSON.stringify({ order_hash, taker_address: takers[taker]!.address }),
      })),
      expectedStatus: 200,
    },
    cancel: {
      heads: asked.map(({ order_hash, maker }) => ({
        path: `/api/v1/orders/${order_hash}/cancel`,
        headers: { authorization: `Bearer ${tokenOf(maker)}` },
      })),
      calls: asked.map((_, index) => ({ head: index, body: '{}' })),
      expectedStatus: 202,
    },
    answer: answersOf(takers, asked),
  };
}
