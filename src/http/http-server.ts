import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ApiError } from './refusals/api-errors.js';
import { noteUnknownExpectation, settleTarget } from './head-rules.js';
import { refuseOnSocket } from './refusals/refuse-on-socket.js';

/** The server's event for requests that ask for a WebSocket; Node's `upgrade` comes for whatever else is offered too. */
export const WEBSOCKET = 'websocket';

/** Open connections of one process; sockets stay, so far above what calls alone would need. */
const MAX_CONNECTIONS = 20_000;
/** Calls of one connection that wait for their answers: hardly any client pipelines. */
const MAX_PIPELINED = 16;
/** Tells Node's parser that what comes next is no HTTP. */
const NOTHING_FOLLOWS = 2;
/** Hop-by-hop headers with which HTTP/2 is offered. */
const OFFER = new Set(['upgrade', 'http2-settings']);

const underWay = new WeakMap<Duplex, number>();

/** Sets up what Fastify leaves to Node's server. */
export function setUpServer(server: Server): void {
  server.maxConnections = MAX_CONNECTIONS;
  boundPipelining(server);
  server.on('checkExpectation', (request: IncomingMessage, response) => {
    noteUnknownExpectation(request);
    server.emit('request', request, response);
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    refuseOnSocket(socket, new ApiError('ROUTE_NOT_FOUND', 'this is no proxy: CONNECT leads nowhere'));
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if ((underWay.get(socket) ?? 0) > 0) {
      socket.destroy(); // pipelined behind another call, whose answer would be mixed up with this one's
      return;
    }
    settleTarget(request);
    if (request.headers.upgrade?.toLowerCase() === 'websocket') server.emit(WEBSOCKET, request, socket, head);
    else serveUnchanged(server, request, socket as Socket, head);
  });
}

/**
 * Serves a request whose offer is not taken up as if it had made none, as HTTP wants it (RFC 9110, 7.8): Node has
 * taken the connection out of its hands by then, so that it is given back with the request's bytes in front.
 */
function serveUnchanged(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  socket.removeAllListeners('timeout');
  socket.removeAllListeners('error');
  socket.unshift(Buffer.concat([Buffer.from(headWithoutOffer(request), 'latin1'), head]));
  server.emit('connection', socket);
}

function headWithoutOffer({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  let lines = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (OFFER.has(name)) continue;
    const value = name === 'connection' ? withoutOffer(rawHeaders[i + 1]!) : rawHeaders[i + 1]!;
    if (value !== '' || name !== 'connection') lines += `${rawHeaders[i]}: ${value}\r\n`;
  }
  return `${lines}\r\n`;
}

const withoutOffer = (connection: string): string =>
  connection
    .split(',')
    .map((option) => option.trim())
    .filter((option) => !OFFER.has(option.toLowerCase()))
    .join(', ');

/** Counts the calls of a connection until they are answered, and closes it when there are too many. */
function boundPipelining(server: Server): void {
  const serve = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const { socket } = request;
    const calls = underWay.get(socket) ?? 0;
    if (calls >= MAX_PIPELINED) {
      socket.destroy();
      return;
    }
    underWay.set(socket, calls + 1);
    response.once('close', () => underWay.set(socket, underWay.get(socket)! - 1));
    for (const listener of serve) listener.call(server, request, response);
  });
  server.on('connection', stopReadingWhenClosed);
}

/** What Node's parser has is read to its end, thousands of requests, also when their connection was closed at one of them. */
function stopReadingWhenClosed(socket: Socket): void {
  const { parser } = socket as { parser?: { onIncoming?: (...request: unknown[]) => number } };
  const read = parser?.onIncoming;
  if (!parser || !read) return;
  parser.onIncoming = (...request) => (socket.destroyed ? NOTHING_FOLLOWS : read(...request));
}
