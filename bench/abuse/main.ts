import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { connectMaker, createTaker, type Taker } from '#client';
import { freePort } from '#database';
import { EmbeddedPostgres } from '#dev-postgres';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import dataSource from '../../ormconfig.js';
import { openBenchDatabase } from '../support/bench-database.js';
import { ServerProcess } from '../support/server-process.js';
import { median, percentile, quotients } from '../support/statistics.js';
import { type BenchTaker, createTakers } from '../support/takers.js';
import { ATTACKS } from './attacks.js';
import { startNginx } from './nginx.js';

/**
 * What a good taker feels while strangers do their worst: `npm run bench:abuse`. Prints for each attack the p99 of the
 * taker's answers, and how many times that in peace just before it is, directly and through the shipped nginx; fails
 * where the median of the rounds is more than three times as long. Each attack lasts a few seconds, from processes on
 * this machine against this machine.
 */
const ROUNDS = 3;
const SECONDS = 5;
const ANSWERS_PER_SECOND = 50;
const WARM_UP_SECONDS = 3;
const PROMISED_RATIO = 3;
/** Below it, how many times as long says nothing. */
const LEAST_P99_MS = 20;
const THIRTY_ONE_DAYS_S = 31 * 24 * 3600;
const CHAIN = { chainId: 97, verifyingContract: '0xCB310C56A19078aA969A922f382613d932D89D83' } as const;
const DATA_DIR = '.data/bench';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** An order that its taker was asked to give up, and keeps: the same answer may be given again and again. */
async function keptOrder(url: string, taker: Taker): Promise<string> {
  const maker = await connectMaker({ url, account: privateKeyToAccount(generatePrivateKey()), ...CHAIN });
  const { id, order_hash } = await maker.place({
    is_buy: true,
    ticker: 'AAPL',
    exchange: 0,
    asset: '0x55d398326f99059ff775485246999027b3197955',
    price: '182500000000000000000',
    quantity: '100',
    incentive: '500000000000000000',
    deadline: Math.floor(Date.now() / 1000) + THIRTY_ONE_DAYS_S,
    nonce: 0,
  });
  await taker.lock({ order_hash });
  await maker.cancel(id);
  return order_hash;
}

/** The p99 of answers at a steady rate, in milliseconds; an answer that failed counts as one that took all the time. */
async function p99Of(taker: Taker, order_hash: string, seconds: number): Promise<number> {
  const sent: Promise<number>[] = [];
  const began = performance.now();
  for (let index = 0; index < seconds * ANSWERS_PER_SECOND; index += 1) {
    await delay(Math.max(0, began + (index * 1_000) / ANSWERS_PER_SECOND - performance.now()));
    const at = performance.now();
    const answer = { order_hash, cancellation_success: false, message: 'already trading' };
    sent.push(
      taker.answerCancellation(answer).then(
        () => performance.now() - at,
        () => seconds * 1_000,
      ),
    );
  }
  return percentile(await Promise.all(sent), 99);
}

async function attacked(name: string, url: string, measure: () => Promise<number>): Promise<number> {
  const stranger = spawn(process.execPath, ['dist/bench/abuse/stranger.js', name, url, String(SECONDS + 1)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = once(stranger, 'exit');
  await delay(500); // it has to load first
  const p99 = await measure();
  await ended;
  return p99;
}

async function compare(way: string, url: string, { apiKey, address }: BenchTaker, service: ServerProcess) {
  const taker = createTaker({ url, apiKey, address });
  const order = await keptOrder(url, taker);
  const measure = () => p99Of(taker, order, SECONDS);
  await p99Of(taker, order, WARM_UP_SECONDS);
  print(`${way}: p99 of answers in milliseconds, in peace and attacked, in each round`);
  for (const name of Object.keys(ATTACKS)) {
    const peace: number[] = [];
    const attack: number[] = [];
    let cores = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      peace.push(await measure());
      const before = await service.cpuSeconds();
      attack.push(await attacked(name, url, measure));
      cores += ((await service.cpuSeconds()) - before) / (SECONDS + 1) / ROUNDS;
    }
    const ratio = median(quotients(attack, peace));
    const isKept = ratio <= PROMISED_RATIO || median(attack) <= LEAST_P99_MS;
    const megabytes = Math.round((await service.residentKib()) / 1024);
    const each = attack.map((p99, round) => `${peace[round]!.toFixed(0)} ${p99.toFixed(0)}`).join(', ');
    print(
      `  ${name}: ${ratio.toFixed(1)} times (${each}); ${cores.toFixed(2)} cores, ${megabytes} MB${isKept ? '' : ' (TOO LONG)'}`,
    );
    if (!isKept) process.exitCode = 1;
  }
}

async function main(): Promise<void> {
  const databaseUrl = await openBenchDatabase(postgres, dataSource, 'abuse', true);
  const [direct, proxied] = await createTakers(dataSource, DATA_DIR, 2);
  const service = await ServerProcess.start('dist/src/main.js', {
    DATABASE_URL: databaseUrl,
    DATA_DIR,
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    LOG_LEVEL: 'info',
    TRUSTED_PROXIES: '127.0.0.1',
  });
  const nginx = await startNginx(new URL(service.url));
  try {
    await compare('direct', service.url, direct!, service);
    if (nginx) await compare('through nginx', nginx.url, proxied!, service);
    else print('through nginx: skipped, there is none (Debian: apt-get install nginx-light)');
  } finally {
    await nginx?.stop();
    await service.stop();
  }
}

const postgres = await EmbeddedPostgres.start(DATA_DIR);
try {
  await main();
} finally {
  if (dataSource.isInitialized) await dataSource.destroy();
  await postgres.stopUnlessInUse();
}
