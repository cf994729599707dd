import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** Whether a request that offers another protocol asks for a WebSocket. */
export const wantsWebSocket = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket';

/**
 * Serves a call that offers HTTP/2, as Java's HttpClient does unless told otherwise: an offer that is not taken up is none (RFC 9110,
 * 7.8). Node has taken the connection out of its hands for it; it reads the call anew, without the offer.
 */
export function serveWithoutOffer(
  server: Server,
  asked: IncomingMessage,
  client: Socket,
  head: Buffer,
): void {
  const { method, url, rawHeaders } = asked;
  let lines = `${method} ${url} HTTP/1.1\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() !== 'upgrade') lines += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  }
  client.unshift(Buffer.concat([Buffer.from(`${lines}\r\n`, 'latin1'), head]));
  client.removeAllListeners('timeout').removeAllListeners('error');
  server.emit('connection', client);
}
