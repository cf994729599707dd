import type { IncomingMessage } from 'node:http';
import { type Settings, WAITS_MS } from '#config';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { admitCalls } from './limits/admission.js';
import { answerPreflights, setAnswerHeaders } from './answer-headers.js';
import { ApiError } from './refusals/api-errors.js';
import { leaveBodiesUnread } from './json/body.js';
import { refuseInTurn } from './calls-in-turn.js';
import { faultOfHead, MAX_READ_HEAD_BYTES, settleTarget } from './head-rules.js';
import { endConnectionsWhenStopping } from './end-of-connections.js';
import { setUpServer } from './http-server.js';
import { Origins } from './origins.js';
import { boundBodies } from './json/raw-body.js';
import { refuseOnSocket } from './refusals/refuse-on-socket.js';
import { callIdOf, callIdOr } from './call-id.js';

/** As much as a request's head can hold: what is wrong with a long parameter is for its pipe to say. */
const MAX_PARAMETER_CHARACTERS = 16 * 1024;

/** How long a request's head may take, and the whole of it; how often that is looked at. */
const HEAD_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 20_000;
const TIMEOUTS_CHECKED_MS = 5_000;

/** Fastify, set up to read only what the contract allows and to answer everything in the envelope. */
export function httpAdapter(settings: Settings): FastifyAdapter {
  const origins = new Origins(settings);
  const adapter = new FastifyAdapter({
    routerOptions: { maxParamLength: MAX_PARAMETER_CHARACTERS },
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: WAITS_MS.connection,
    http: {
      maxHeaderSize: MAX_READ_HEAD_BYTES,
      headersTimeout: HEAD_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUTS_CHECKED_MS,
      requireHostHeader: false,
    },
    genReqId: callIdOf,
    rewriteUrl: (request: IncomingMessage) => settleTarget(request),
    // calls that arrive on an open connection while the service stops are still served
    return503OnClosing: false,
    clientErrorHandler: (error, socket) => {
      const { code, message, rawPacket } = error as typeof error & { rawPacket?: Buffer };
      const head = rawPacket?.toString('latin1') ?? '';
      const refused = new ApiError(
        'INVALID_PARAMETER',
        `the request is not valid HTTP: ${reasonOf(code, message)}`,
      );
      const cors = origins.corsHeaders(headerIn(head, 'origin'));
      const id = callIdOr(headerIn(head, 'x-request-id'));
      refuseInTurn(socket, () => refuseOnSocket(socket, refused, id, cors));
    },
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  setUpServer(fastify.server);
  // no call has this method, of which Fastify would judge the body's type first
  fastify.addHttpMethod('QUERY', { overrideExisting: true });
  fastify.addHook('onRequest', (request, _reply, done) => done(faultOfHead(request.raw)));
  answerPreflights(fastify, origins);
  boundBodies(fastify);
  leaveBodiesUnread(fastify);
  admitCalls(fastify);
  setAnswerHeaders(fastify, origins);
  endConnectionsWhenStopping(fastify);
  return adapter;
}

function reasonOf(code: string | undefined, message: string): string {
  if (code === 'HPE_HEADER_OVERFLOW') return 'its head is too large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'it was not complete in time';
  return message;
}

/** A header in the bytes of a head that cannot be read. */
function headerIn(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: *([^\\r\\n]+)\\r?$`, 'im').exec(head)?.[1]?.trim();
}
