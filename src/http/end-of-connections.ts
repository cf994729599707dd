import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { CallsInTurn } from './calls-in-turn.js';
import { giveUpBody } from './json/raw-body.js';
import { ApiError } from './refusals/api-errors.js';
import { RETRY_AFTER_SECONDS } from './refusals/to-failure.js';

/** How long callers may take, once the service stops, to send the bodies of calls that they have begun, and to read answers. */
const GRACE_MS = 3_000;

/**
 * Ends all connections when the service stops: those without a call at once, the others behind the answers to their calls,
 * and none waits for its caller for long. Node would wait for callers that do not go on to send, and not for those that read.
 */
export function endConnectionsWhenStopping(fastify: FastifyInstance): void {
  const { server } = fastify;
  const connections = new Set<Socket>();
  let stopping = false;
  server.closeIdleConnections = () => {};
  server.on('connection', (socket: Socket) => {
    if (connections.has(socket)) return; // given back to Node, which announces it again
    if (stopping) return void socket.destroy();
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  fastify.addHook('preClose', async () => {
    stopping = true;
    for (const socket of connections) CallsInTurn.on(socket).end();
    const timer = setInterval(() => connections.forEach(waitNoLonger), GRACE_MS);
    server.once('close', () => clearInterval(timer));
  });
  fastify.addHook('onSend', ({ raw }, reply, _payload, done) => {
    if (stopping) {
      // Fastify has every answer say that it is the last
      reply.raw.removeHeader('connection');
      const { last = reply.raw } = CallsInTurn.on(raw.socket);
      if (last === reply.raw) void reply.header('connection', 'close');
    }
    done();
  });
}

function waitNoLonger(socket: Socket): void {
  const { areServed, last } = CallsInTurn.on(socket);
  if (areServed) socket.destroy();
  else if (last?.req.complete === false) giveUpBody(last.req, bodyTooLate());
}

const bodyTooLate = (): ApiError =>
  new ApiError(
    'UNAVAILABLE',
    `the service stops and the body has not come; nothing was done, try again in ${RETRY_AFTER_SECONDS} s`,
  );
