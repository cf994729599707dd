import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dataSourceOptions, isDatabaseAway } from '#database';
import { DataSource } from 'typeorm';

/** A connection that PostgreSQL ends at the very moment at which the pool hands it out. */
const READY = Buffer.from('Z\0\0\0\x05I', 'latin1');
const END = errorResponse({
  S: 'FATAL',
  C: '57P01',
  M: 'terminating connection due to administrator command',
});

let proxy: Server;
let dataSource: DataSource;
/** Whether a connection is ended by what comes in one piece with its readiness. */
let ending = false;
beforeAll(async () => {
  const url = new URL(process.env.TEST_SERVER_URL!);
  const { port, hostname } = url;
  proxy = createServer((client) => carry(client, connect(Number(port), hostname)));
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  url.port = String((proxy.address() as AddressInfo).port);
  dataSource = await new DataSource(dataSourceOptions(url.href, [])).initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  proxy.close();
});

function carry(client: Socket, server: Socket): void {
  const isEnding = ending;
  client.pipe(server);
  server.on('data', (chunk) => {
    const isReady = chunk.subarray(-READY.length).equals(READY);
    client.write(isEnding && isReady ? Buffer.concat([chunk, END]) : chunk);
  });
  for (const socket of [client, server]) {
    socket.on('error', () => {});
    socket.on('close', () => [client, server].forEach((side) => side.destroy()));
  }
}

test('fails the call that gets it, not the process', async () => {
  const holder = dataSource.createQueryRunner();
  await holder.connect(); // the pool has no other yet
  ending = true;
  const error = await dataSource.query('SELECT 1').catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect(isDatabaseAway(error)).toBe(true);
  ending = false;
  expect(await dataSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await holder.release();
});

function errorResponse(fields: Record<string, string>): Buffer {
  const text = Object.entries(fields).map(([code, value]) => `${code}${value}\0`);
  const body = Buffer.from(`${text.join('')}\0`);
  const head = Buffer.alloc(5, 'E');
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}
