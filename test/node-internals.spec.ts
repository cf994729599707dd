import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  closeInstead,
  type Course,
  decideOnHeads,
  isAmidBody,
  isAnswering,
  leaveUnread,
} from '../src/http/node-internals.js';
import { until } from './support/until.js';

/** On Node's own server, so that a change of Node shows here, with its name. */
let server: Server;
let client: Socket;
/** What the client has received. */
let received = '';
beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  received = '';
  client.on('data', (bytes: Buffer) => (received += bytes.toString())).on('error', () => {});
});
afterEach(() => {
  client.destroy();
  server.close();
});

const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const POST = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n';
const nextCall = () => once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>;

test('an answer shows on its connection from its head to its end', async () => {
  client.write(GET('/'));
  const [{ socket }, answer] = await nextCall();
  expect(isAnswering(socket)).toBe(false);
  answer.write('half');
  expect(isAnswering(socket)).toBe(true);
  answer.end();
  await once(answer, 'close');
  expect(isAnswering(socket)).toBe(false);
});

test('a body shows on its connection until it is all there', async () => {
  client.write(`${POST}ab`);
  const [request] = await nextCall();
  request.resume();
  expect(isAmidBody(request.socket)).toBe(true);
  client.write('cd');
  await once(request, 'end');
  expect(isAmidBody(request.socket)).toBe(false);
});

test('a head that is not to be served is handed over, with all that comes behind it', async () => {
  const courses: Course[] = ['serve', 'hand over'];
  server.on('connection', (socket) => decideOnHeads(socket, () => courses.shift()!));
  const served: unknown[] = [];
  server.on('request', ({ url }) => served.push(url));
  client.write(GET('/first') + GET('/second') + GET('/third'));
  const [request, , head] = (await once(server, 'upgrade')) as [IncomingMessage, Duplex, Buffer];
  expect([served, request.url, head.toString()]).toEqual([['/first'], '/second', GET('/third')]);
});

test('a head that is dropped is neither served nor handed over', async () => {
  const courses: Course[] = ['serve', 'drop'];
  server.on('connection', (socket) => decideOnHeads(socket, () => courses.shift()!));
  const heads: unknown[] = [];
  server.on('request', ({ url }, answer) => heads.push(url) && answer.end('answered'));
  server.on('upgrade', ({ url }) => heads.push(url));
  client.write(GET('/first') + GET('/second'));
  await until(() => courses.length === 0 && received.endsWith('answered'), 'both heads to be read');
  expect(heads).toEqual(['/first']);
});

test('a connection that Node had paused is not read on when its answers are sent', async () => {
  const answers: ServerResponse[] = [];
  server.on('request', (_, answer) => answers.push(answer));
  client.write(GET('/').repeat(2));
  await until(() => answers.length === 2, 'both calls to be there');
  const socket = answers[0]!.socket!;
  // above what Node queues before it stops to read
  answers[1]!.end(Buffer.alloc(2 * socket.writableHighWaterMark));
  client.write(GET('/'));
  await until(() => answers.length === 3 || socket.isPaused(), 'Node to pause the connection');
  expect(socket).toHaveProperty('_paused', true);
  leaveUnread(socket);
  socket.pause();
  answers[0]!.end();
  await until(() => received.length > 2 * socket.writableHighWaterMark, 'the answers');
  expect(socket.isPaused()).toBe(true);
});

test('what is done in the place of the close comes behind the last answer', async () => {
  client.write(`${GET('/').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')}`);
  const [{ socket }, answer] = await nextCall();
  let isClosing = false;
  const undo = closeInstead(socket, () => (isClosing = true));
  answer.end('all');
  await until(() => isClosing && received.endsWith('all'), 'the end of the answer');
  expect(socket.writableEnded).toBe(false);
  undo();
  socket.destroySoon();
  await once(client, 'close');
});
