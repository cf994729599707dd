import { type Bench, CONNECTIONS } from '../bench.js';
import { quotients } from '../statistics.js';
import type { Figure } from './figure.js';

/** Two instances of the service on one PostgreSQL, each with half of the connections, beside one with all of them. */
export const instances: Figure = {
  name: 'instances',
  async measure(bench) {
    const rounds: { one: Measured; two: Measured }[] = [];
    for (let round = 0; round < bench.options.rounds; round += 1) {
      rounds.push({ one: await bench.run('service'), two: await runTwo(bench) });
    }
    const of = (which: 'one' | 'two', what: keyof Measured): number[] =>
      rounds.map((round) => round[which][what]);
    return [
      { figure: 'cancel-result, two instances', unit: '/s', values: of('two', 'perSecond') },
      {
        figure: 'two instances ÷ one',
        unit: '',
        values: quotients(of('two', 'perSecond'), of('one', 'perSecond')),
        ratio: 'two_instances_vs_one',
      },
      { figure: 'CPU a 1,000 answers, two instances', unit: 's', values: of('two', 'cpuSeconds') },
      { figure: 'CPU a 1,000 answers, one instance', unit: 's', values: of('one', 'cpuSeconds') },
    ];
  },
};

interface Measured {
  perSecond: number;
  cpuSeconds: number;
}

async function runTwo(bench: Bench): Promise<Measured> {
  const { seconds, warmUpSeconds } = bench.options;
  const peak = await bench.peakOf('service');
  await bench.prepare(Math.ceil(peak * (seconds + warmUpSeconds)));
  const servers = await Promise.all([bench.start('service'), bench.start('service')]);
  const answerAll = (time: number) =>
    Promise.all(
      servers.map(({ url }) => bench.answer('service', url, { connections: CONNECTIONS / 2, seconds: time })),
    );
  const cpuSeconds = async (): Promise<number> => {
    const own = await Promise.all(servers.map((server) => server.cpuSeconds()));
    return own[0]! + own[1]! + (await bench.cpuSeconds());
  };
  try {
    await answerAll(warmUpSeconds);
    const before = await cpuSeconds();
    const results = await answerAll(seconds);
    const used = (await cpuSeconds()) - before;
    const sum = (what: 'answered' | 'perSecond'): number =>
      results.reduce((total, result) => total + result[what], 0);
    return { perSecond: sum('perSecond'), cpuSeconds: (used / sum('answered')) * 1000 };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}
