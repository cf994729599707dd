import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import getRawBody from 'raw-body';
import { closeInstead } from '../node-internals.js';
import { ApiError } from '../refusals/api-errors.js';
import { CallerGone } from '../refusals/caller-gone.js';

const MAX_BODY_BYTES = 64 * 1024;
/** How long a caller that has its answer may go on to send. */
export const LINGER_MS = 2_000;

/** Methods whose calls have no body; one that comes all the same means nothing. */
export const BODILESS = new Set(['GET', 'HEAD', 'OPTIONS']);
const NO_BYTES = Buffer.alloc(0);
const bodies = new WeakMap<IncomingMessage, Promise<Buffer>>();
const givingUp = new WeakMap<IncomingMessage, (why: ApiError) => void>();

/** Bounds what of a body is taken, also where nobody reads it because the call was refused before. */
export function boundBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ headers }, _reply, done) => {
    done(Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES ? tooLarge() : undefined);
  });
  fastify.addHook('onSend', ({ raw }, reply, _payload, done) => {
    if (reply.statusCode === 413) void reply.header('connection', 'close');
    // before the answer is written, after which Node would take all that comes
    if (!raw.complete) takeRest(raw, reply.raw);
    done();
  });
}

/** The bytes of a request's body as they were sent, once they are all there. */
export function rawBodyOf(request: IncomingMessage): Promise<Buffer> {
  let body = bodies.get(request);
  if (!body) {
    body = read(request);
    bodies.set(request, body);
  }
  return body;
}

/** Refuses a call whose body is awaited. */
export function giveUpBody(request: IncomingMessage, why: ApiError): void {
  givingUp.get(request)?.(why);
}

async function read(request: IncomingMessage): Promise<Buffer> {
  if (BODILESS.has(request.method ?? '')) return NO_BYTES;
  if (request.destroyed) throw new CallerGone();
  const givenUp = new Promise<never>((_, refuse) => givingUp.set(request, refuse));
  const body = getRawBody(request, { limit: MAX_BODY_BYTES }).catch((error: { status?: number }) => {
    throw error.status === 413 ? tooLarge() : error;
  });
  return Promise.race([body, givenUp]);
}

/** Takes the rest of the body of a call that is refused: a connection closed before it has come could take the answer with it. */
function takeRest(request: IncomingMessage, answer: ServerResponse): void {
  const { socket } = request;
  let timer: NodeJS.Timeout | undefined;
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) request.pause();
  });
  // what Node does once a connection's last answer is sent
  const closeAsUsual = closeInstead(socket, () => socket.end());
  // calls in front of it may take their time
  answer.once('finish', () => {
    if (!request.readableEnded) timer = setTimeout(() => socket.destroy(), LINGER_MS);
  });
  request.once('end', () => {
    clearTimeout(timer);
    closeAsUsual();
    if (socket.writableEnded) socket.destroy();
  });
  request.resume();
}

const tooLarge = (): ApiError =>
  new ApiError('BODY_TOO_LARGE', `the body must not be larger than ${MAX_BODY_BYTES / 1_024} KiB`);
