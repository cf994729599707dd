import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { LockstepError } from './lockstep-error.js';
import { closedBy, OPENING_TIMEOUT_MS, type OpenSocket, SILENCE_MS } from './socket.js';

/** How long the service has to answer the closing handshake. */
const CLOSE_TIMEOUT_MS = 2_000;
const MAX_FRAME_BYTES = 1024 * 1024;

/** In Node, Deno and Bun: sends headers, and hears pings and why the service refuses. */
export const openSocket: OpenSocket = ({ url, headers, opened, hear, signal }) => {
  const limits = { handshakeTimeout: OPENING_TIMEOUT_MS, maxPayload: MAX_FRAME_BYTES };
  const socket = new WebSocket(url, { headers, ...limits }).on('open', opened);
  const silence = setTimeout(() => socket.terminate(), SILENCE_MS);
  const leave = (): void => {
    socket.close();
    setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS).unref();
  };
  signal.addEventListener('abort', leave, { once: true });
  return new Promise((resolve) => {
    socket.on('message', (frame: Buffer) => {
      silence.refresh();
      hear(frame.toString());
    });
    socket.on('ping', () => silence.refresh());
    socket.on('error', resolve);
    socket.on('close', (code, reason) => resolve(closedBy(code, reason.toString())));
    socket.on('unexpected-response', (_, response) => {
      const header = (name: string) => response.headers[name] as string | undefined;
      void text(response)
        .then((body) => new LockstepError({ status: response.statusCode!, header, body }))
        .then(resolve, resolve)
        .finally(() => socket.terminate());
    });
  }).finally(() => {
    clearTimeout(silence);
    signal.removeEventListener('abort', leave);
  });
};
