import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { PinoLogger } from 'nestjs-pino';
import { isAnswering } from '../node-internals.js';
import { masked } from '../secrets.js';
import { type Refusal, refusalOf } from './refusal.js';

/** Refuses on a bare socket, where there is no reply object: writes what a call would be answered, and ends the connection. */
export function refuseOnSocket(
  socket: Duplex,
  error: unknown,
  callId: string = randomUUID(),
  extraHeaders: Record<string, string> = {},
): Refusal {
  const refusal = refusalOf(error, callId);
  if (!socket.writable || isAnswering(socket)) {
    socket.destroy();
    return refusal;
  }
  const { status, code, headers, body, reason } = refusal;
  const bytes = JSON.stringify(body);
  const head = {
    connection: 'close',
    date: new Date().toUTCString(),
    'content-length': String(Buffer.byteLength(bytes)),
    ...headers,
    ...extraHeaders,
  };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  // a peer that does not close its side would keep the connection open
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${bytes}`);
  const { remoteAddress: address } = socket as { remoteAddress?: string };
  const why = { details: masked(body.details), ...(reason !== undefined && { reason: masked(reason) }) };
  const line = { requestId: callId, address, status, code, ...why };
  PinoLogger.root?.[status >= 500 ? 'error' : 'info'](line, 'connection refused');
  return refusal;
}
