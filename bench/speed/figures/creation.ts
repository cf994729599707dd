import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Bench, CONNECTIONS } from '../bench.js';
import { load } from '../load.js';
import { makerTokens } from '../maker-token.js';
import { placing, SigningMakers } from '../signed-orders.js';
import { quotients } from '../../support/statistics.js';
import type { Figure } from './figure.js';

const run = promisify(execFile);
const MAKERS = 20;
/** Orders signed for a warm-up, which may run out of them and tells how many more than these the run needs. */
const FIRST_ORDERS = 1_000;
const MARGIN = 2;

/** Orders that makers create a second, beside how many signatures a process can check that does nothing else. */
export const creation: Figure = {
  name: 'creation',
  async measure(bench) {
    const makers = new SigningMakers(MAKERS);
    const [created, verified]: [number[], number[]] = [[], []];
    for (let round = 0; round < bench.options.rounds; round += 1) {
      created.push(await create(bench, makers));
      verified.push(await verify(bench));
    }
    return [
      { figure: 'order creation, service', unit: '/s', values: created },
      { figure: 'signatures checked by viem, one process', unit: '/s', values: verified },
      {
        figure: 'order creation ÷ viem',
        unit: '',
        values: quotients(created, verified),
        target: { atLeast: 0.7 },
        ratio: 'creation_vs_viem',
      },
    ];
  },
};

async function create(bench: Bench, makers: SigningMakers): Promise<number> {
  const { seconds, warmUpSeconds } = bench.options;
  const tokenOf = await makerTokens(bench.service.dataSource);
  const first = placing(makers, tokenOf, await makers.sign(FIRST_ORDERS));
  await bench.prepare('service', 0);
  const server = await bench.start('service');
  try {
    const connections = CONNECTIONS;
    const warm = await load(server.url, first, { connections, seconds: warmUpSeconds, mayRunOut: true });
    const orders = await makers.sign(FIRST_ORDERS + Math.ceil(warm.perSecond * MARGIN * seconds));
    const result = await load(server.url, placing(makers, tokenOf, orders), { connections, seconds });
    const [{ recorded }] = await bench.service.dataSource.query<[{ recorded: number }]>(
      `SELECT count(*)::integer AS recorded FROM orders WHERE maker = ANY ($1) AND nonce >= $2`,
      [makers.accounts.map(({ address }) => address.toLowerCase()), orders[0]!.order.nonce],
    );
    if (recorded < result.answered || recorded > result.sent) {
      throw new Error(`${result.answered} orders were answered, but ${recorded} recorded`);
    }
    return result.perSecond;
  } finally {
    await server.stop();
  }
}

async function verify({ options }: Bench): Promise<number> {
  const times = [options.seconds, options.warmUpSeconds].map(String);
  const { stdout } = await run(process.execPath, ['dist/bench/speed/verifier.js', ...times]);
  return Number(stdout);
}
