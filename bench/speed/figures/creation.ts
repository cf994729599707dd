import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Bench, CONNECTIONS } from '../bench.js';
import { load } from '../load.js';
import { makerTokens } from '../maker-token.js';
import { type SignedOrder, SigningMakers } from '../signed-orders.js';
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
  const tokenOf = await makerTokens(bench.dataSource);
  const first = callsOf(tokenOf, makers, await makers.sign(FIRST_ORDERS));
  await bench.prepare(0);
  const server = await bench.start('service');
  try {
    const connections = CONNECTIONS;
    const warm = await load(server.url, first, { connections, seconds: warmUpSeconds, mayRunOut: true });
    const orders = await makers.sign(FIRST_ORDERS + Math.ceil(warm.perSecond * MARGIN * seconds));
    const result = await load(server.url, callsOf(tokenOf, makers, orders), { connections, seconds });
    const [{ recorded }] = await bench.dataSource.query<[{ recorded: number }]>(
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

function callsOf(tokenOf: (wallet: string) => string, makers: SigningMakers, orders: SignedOrder[]) {
  const wallets = makers.accounts.map(({ address }) => address.toLowerCase());
  return {
    heads: wallets.map((wallet) => ({
      path: '/api/v1/orders',
      headers: { authorization: `Bearer ${tokenOf(wallet)}` },
    })),
    calls: orders.map((signed) => ({
      head: wallets.indexOf(signed.order.maker),
      body: JSON.stringify(signed),
    })),
    expectedStatus: 201,
  };
}

async function verify({ options }: Bench): Promise<number> {
  const times = [options.seconds, options.warmUpSeconds].map(String);
  const { stdout } = await run(process.execPath, ['dist/bench/speed/verifier.js', ...times]);
  return Number(stdout);
}
