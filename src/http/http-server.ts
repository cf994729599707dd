import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from './refusals/api-errors.js';
import { CallsInTurn } from './calls-in-turn.js';
import { noteUnknownExpectation, settleTarget } from './head-rules.js';
import { refuseOnSocket } from './refusals/refuse-on-socket.js';

/** Our event of Node's server: a request asks for a WebSocket. Node's own, `upgrade`, comes for every protocol that is offered. */
export const WEBSOCKET = 'websocket';

/** Open connections of one process; sockets stay, so far above what calls alone would need. */
const MAX_CONNECTIONS = 20_000;
/** Hop-by-hop headers with which HTTP/2 is offered. */
const OFFER = new Set(['upgrade', 'http2-settings']);
const NOTHING = new Set<string>();

/** Sets up what Fastify leaves to Node's server. */
export function setUpServer(server: Server): void {
  server.maxConnections = MAX_CONNECTIONS;
  // else Node would leave out headers of a long head, such as the body's length, before it is put back or refused
  server.maxHeadersCount = 0;
  CallsInTurn.keepOn(server);
  server.on('checkExpectation', (request: IncomingMessage, response) => {
    noteUnknownExpectation(request);
    server.emit('request', request, response);
  });
  const take = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    const calls = CallsInTurn.on(socket);
    if (calls.underWay > 0) {
      putBack(request, socket, head);
      calls.holdBack(() => readOn(server, socket));
    } else if (request.method === 'CONNECT') {
      refuseOnSocket(socket, new ApiError('ROUTE_NOT_FOUND', 'this is no proxy: CONNECT leads nowhere'));
    } else if (wantsWebSocket(request)) {
      settleTarget(request);
      server.emit(WEBSOCKET, request, socket, head);
    } else {
      // an offer that is not taken up is none (RFC 9110, 7.8)
      putBack(request, socket, head, OFFER);
      readOn(server, socket);
    }
  };
  server.on('connect', take);
  server.on('upgrade', take);
}

/** Whether a WebSocket is offered: alone, or among others by a client that begins its handshake. */
function wantsWebSocket({ headers }: IncomingMessage): boolean {
  const offers = headers.upgrade?.split(',').map((offer) => offer.trim().toLowerCase()) ?? [];
  if (!offers.includes(WEBSOCKET)) return false;
  if (offers.length > 1 && headers['sec-websocket-key'] === undefined) return false;
  headers.upgrade = WEBSOCKET; // it is the one that is taken up
  return true;
}

/** Node has taken the connection out of its own hands: puts the request's bytes back in front of what follows. */
function putBack(request: IncomingMessage, socket: Duplex, head: Buffer, without = NOTHING): void {
  socket.unshift(Buffer.concat([Buffer.from(headOf(request, without), 'latin1'), head]));
}

/** Gives a connection back to Node, which reads what was put back as if it had just come. */
function readOn(server: Server, socket: Duplex): void {
  socket.removeAllListeners('timeout');
  socket.removeAllListeners('error');
  server.emit('connection', socket);
}

function headOf(
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  without: ReadonlySet<string>,
): string {
  let lines = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (without.has(name)) continue;
    const value = name === 'connection' ? optionsOf(rawHeaders[i + 1]!, without) : rawHeaders[i + 1]!;
    if (value !== '' || name !== 'connection') lines += `${rawHeaders[i]}: ${value}\r\n`;
  }
  return `${lines}\r\n`;
}

const optionsOf = (connection: string, without: ReadonlySet<string>): string =>
  connection
    .split(',')
    .map((option) => option.trim())
    .filter((option) => !without.has(option.toLowerCase()))
    .join(', ');
