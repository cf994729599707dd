import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { connectMaker, createTaker, type Maker, type Taker } from '#client';
import { freePort } from '#database';
import { EmbeddedPostgres } from '#dev-postgres';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import dataSource from '../../ormconfig.js';
import { openBenchDatabase } from '../support/bench-database.js';
import { ServerProcess } from '../support/server-process.js';
import { createTakers } from '../support/takers.js';

/**
 * All sockets drop in the same moment and come back with the last id that they heard: `npm run bench:storm [-- SOCKETS]`.
 * Prints when all have heard what they missed, and how long answers to cancellation requests took meanwhile; fails beyond
 * what is promised. Clients and service share the machine; each needs a file descriptor a socket (`ulimit -n`).
 */
const SOCKETS = Number(process.argv[2] ?? 5_000);
const SOCKETS_PER_TAKER = 20;
const DATABASE = 'storm';
const DATA_DIR = '.data/bench';
const CHAIN = { chainId: 97, verifyingContract: '0xCB310C56A19078aA969A922f382613d932D89D83' } as const;
const ANSWERS_PER_SECOND = 50;
/** Answers that are there to be given: for as long as all may be away, and some more. */
const ORDERS = ANSWERS_PER_SECOND * 20;
const PREPARING_AT_ONCE = 8;
/** What is promised. */
const BACK_WITHIN_S = 15;
const ANSWER_P99_MS = 1_000;
const THIRTY_ONE_DAYS_S = 31 * 24 * 3600;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** The sockets, in a process of their own: what keeps them busy must not count as the service's. */
class Crowd {
  private readonly child = spawn(process.execPath, ['dist/bench/storm/crowd.js'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  private readonly lines = createInterface({ input: this.child.stdout });

  /** Has it do something, and resolves to what it says when it is done. */
  async tell(order: object): Promise<string> {
    this.child.stdin.write(`${JSON.stringify(order)}\n`);
    const [line] = (await Promise.race([once(this.lines, 'line'), once(this.child, 'exit')])) as [unknown];
    if (typeof line !== 'string') throw new Error(`the sockets' process ended with ${String(line)}`);
    return line;
  }

  end(): void {
    this.child.kill();
  }
}

let nonce = 0;
function place(maker: Maker): Promise<{ id: string; order_hash: string }> {
  return maker.place({
    is_buy: true,
    ticker: 'AAPL',
    asset: '0x55d398326f99059ff775485246999027b3197955',
    price: '182500000000000000000',
    quantity: '100',
    incentive: '500000000000000000',
    deadline: Math.floor(Date.now() / 1000) + THIRTY_ONE_DAYS_S,
    nonce: nonce++,
  });
}

/** Orders that the taker holds and is asked to give up. */
async function askedOrders(maker: Maker, taker: Taker): Promise<string[]> {
  const hashes: string[] = [];
  const prepare = async (): Promise<void> => {
    while (nonce < ORDERS) {
      const { id, order_hash } = await place(maker);
      await taker.lock({ order_hash });
      await maker.cancel(id);
      hashes.push(order_hash);
    }
  };
  await Promise.all(Array.from({ length: PREPARING_AT_ONCE }, prepare));
  return hashes;
}

/** Answers at a steady rate until it is told to stop; returns how long each took, in milliseconds. */
async function answerUntil(taker: Taker, hashes: string[], stop: AbortSignal): Promise<number[]> {
  const took: number[] = [];
  const sent: Promise<void>[] = [];
  const began = performance.now();
  for (const [index, order_hash] of hashes.entries()) {
    await delay(Math.max(0, began + (index * 1000) / ANSWERS_PER_SECOND - performance.now()));
    if (stop.aborted) break;
    const at = performance.now();
    const answer = { order_hash, cancellation_success: true, message: 'not traded' };
    sent.push(taker.answerCancellation(answer).then(() => void took.push(performance.now() - at)));
  }
  await Promise.all(sent);
  return took.toSorted((a, b) => a - b);
}

async function main(): Promise<void> {
  const databaseUrl = await openBenchDatabase(postgres, dataSource, DATABASE, true);
  const takers = await createTakers(dataSource, DATA_DIR, Math.ceil(SOCKETS / SOCKETS_PER_TAKER) + 1);
  const service = await ServerProcess.start('dist/src/main.js', {
    DATABASE_URL: databaseUrl,
    DATA_DIR,
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    LOG_LEVEL: 'info',
    RATE_LIMIT_PER_SECOND: '0',
    MAX_OPEN_ORDERS_PER_MAKER: '0',
    ORDERS_PER_MINUTE_PER_MAKER: '0',
    MAX_LOCKS_PER_TAKER: '0',
    LOGINS_PER_MINUTE_PER_ADDRESS: '0',
    ORDERS_PER_MINUTE_PER_ADDRESS: '0',
    CANCELLATION_TIMEOUT_SECONDS: '3600',
  });
  const crowd = new Crowd();
  try {
    const { url } = service;
    const maker = await connectMaker({ url, account: privateKeyToAccount(generatePrivateKey()), ...CHAIN });
    const { apiKey, address } = takers.pop()!;
    const taker = createTaker({ url, apiKey, address });
    const hashes = await askedOrders(maker, taker);
    const keys = Array.from({ length: SOCKETS }, (_, n) => takers[Math.floor(n / SOCKETS_PER_TAKER)]!.apiKey);
    await crowd.tell({ connect: keys, url });
    await crowd.tell({ hear: (await place(maker)).order_hash });
    await crowd.tell({ drop: true });
    const missed = await place(maker);
    const stop = new AbortController();
    const answering = answerUntil(taker, hashes, stop.signal);
    const began = performance.now();
    await crowd.tell({ comeBack: missed.order_hash });
    const seconds = (performance.now() - began) / 1000;
    stop.abort();
    const took = await answering;
    const p99 = took[Math.ceil(took.length * 0.99) - 1]!;
    print(
      `${SOCKETS} sockets of ${takers.length} keys dropped at once and had heard what they missed after ${seconds.toFixed(1)} s ` +
        `(promised: ${BACK_WITHIN_S}); ${took.length} answers meanwhile, p99 ${p99.toFixed(0)} ms (promised: ${ANSWER_P99_MS})`,
    );
    if (seconds > BACK_WITHIN_S || p99 > ANSWER_P99_MS) process.exitCode = 1;
  } finally {
    crowd.end();
    await service.stop();
  }
}

const postgres = await EmbeddedPostgres.start(DATA_DIR);
try {
  await main();
} finally {
  if (dataSource.isInitialized) await dataSource.destroy();
  await postgres.stop();
}
