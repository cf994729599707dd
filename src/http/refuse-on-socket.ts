import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { API_ERRORS, type ApiErrorName } from './api-errors.js';
import { failure } from './envelope.js';
import { RETRY_AFTER_SECONDS } from './to-failure.js';

/** Refuses on a bare socket, where there is no reply object: what a call would be answered, then the end. */
export function refuseOnSocket(
  socket: Duplex,
  error: ApiErrorName,
  details: string,
  requestId: string = randomUUID(),
): void {
  if (!socket.writable) return;
  const { status } = API_ERRORS[error];
  const body = JSON.stringify(failure(error, details));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    `Date: ${new Date().toUTCString()}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    ...(status === 429 || status === 503 ? [`Retry-After: ${RETRY_AFTER_SECONDS}`] : []),
  ];
  // a peer that does not close its side would keep the connection open
  socket.once('finish', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
