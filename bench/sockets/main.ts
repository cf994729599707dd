import 'reflect-metadata';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '#database';
import { EmbeddedPostgres } from '#dev-postgres';
import { WebSocket } from 'ws';
import dataSource from '../../ormconfig.js';
import { openBenchDatabase } from '../support/bench-database.js';
import { createTakers } from '../support/takers.js';
import { ServerProcess } from '../support/server-process.js';

/**
 * What an idle taker's socket costs: `npm run bench:sockets [-- SOCKETS [SECONDS]]` holds them open on the built service,
 * then on a bare `ws` server, and prints the memory of both. Fails when a socket of the service does not live or is not
 * sent its heartbeats. Each process needs a file descriptor a socket (`ulimit -n`).
 */
const SOCKETS = Number(process.argv[2] ?? 10_000);
const HOLD_SECONDS = Number(process.argv[3] ?? 60);
const HEARTBEAT_SECONDS = 30;
/** As many as a key may have. */
const SOCKETS_PER_TAKER = 20;
const CONNECTING_AT_ONCE = 50;
const DATABASE = 'sockets';
const DATA_DIR = '.data/bench';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function openSocket(url: string, apiKey: string): Promise<WebSocket> {
  const path = '/ws/taker/v1?types=order_status_change,cancellation_request';
  const socket = new WebSocket(url.replace('http', 'ws') + path, {
    headers: { 'x-api-key': apiKey },
    perMessageDeflate: false,
  });
  await once(socket, 'open');
  return socket;
}

interface Held {
  kibPerSocket: number;
  connectSeconds: number;
  /** Of all sockets, the fewest messages that one heard. */
  fewestMessages: number;
  lost: number;
}

/** Opens the sockets, holds them, and tells by how much the server has grown at the end. */
async function hold(server: ServerProcess, apiKeys: string[]): Promise<Held> {
  // its first socket, also what is loaded with it, is not what is measured
  (await openSocket(server.url, apiKeys[0]!)).terminate();
  const before = await server.residentKib();
  const began = performance.now();
  const heard: number[] = [];
  const sockets: WebSocket[] = [];
  let next = 0;
  const connect = async (): Promise<void> => {
    while (next < SOCKETS) {
      const index = next++;
      const socket = await openSocket(server.url, apiKeys[Math.floor(index / SOCKETS_PER_TAKER)]!);
      heard[index] = 0;
      socket.on('message', () => (heard[index]! += 1));
      sockets.push(socket);
    }
  };
  await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, connect));
  const connectSeconds = (performance.now() - began) / 1000;
  await delay(HOLD_SECONDS * 1000);
  const kibPerSocket = ((await server.residentKib()) - before) / SOCKETS;
  const lost = sockets.filter(({ readyState }) => readyState !== WebSocket.OPEN).length;
  for (const socket of sockets) socket.terminate();
  return { kibPerSocket, connectSeconds, fewestMessages: Math.min(...heard), lost };
}

async function main(): Promise<void> {
  const databaseUrl = await openBenchDatabase(postgres, dataSource, DATABASE);
  const takers = await createTakers(dataSource, DATA_DIR, SOCKETS / SOCKETS_PER_TAKER);
  const apiKeys = takers.map(({ apiKey }) => apiKey);
  const service = await ServerProcess.start('dist/src/main.js', {
    DATABASE_URL: databaseUrl,
    DATA_DIR,
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    LOG_LEVEL: 'info',
  });
  const bare = await ServerProcess.start('dist/bench/sockets/bare-server.js');
  try {
    print(
      `${SOCKETS} sockets of ${apiKeys.length} takers, each server in turn, held for ${HOLD_SECONDS} s\n`,
    );
    const results = { service: await hold(service, apiKeys), 'bare ws': await hold(bare, apiKeys) };
    for (const [name, { kibPerSocket, connectSeconds, fewestMessages, lost }] of Object.entries(results)) {
      print(
        `${name.padEnd(8)} ${kibPerSocket.toFixed(1)} KiB a socket, opened in ${connectSeconds.toFixed(1)} s, ` +
          `${lost} lost, at least ${fewestMessages} messages each`,
      );
    }
    const { lost, fewestMessages } = results.service;
    if (lost > 0 || fewestMessages < Math.floor(HOLD_SECONDS / HEARTBEAT_SECONDS)) process.exitCode = 1;
  } finally {
    await service.stop();
    await bare.stop();
  }
}

const postgres = await EmbeddedPostgres.start(DATA_DIR);
try {
  await main();
} finally {
  if (dataSource.isInitialized) await dataSource.destroy();
  await postgres.stop();
}
