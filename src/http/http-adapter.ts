import type { IncomingMessage } from 'node:http';
import { type Settings, withinRanges } from '#config';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { admitCalls } from './admission.js';
import { API_ERRORS, ApiError } from './api-errors.js';
import { failure } from './envelope.js';
import { keepRawBody } from './raw-body.js';
import { refuseOnSocket } from './refuse-on-socket.js';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.js';
import { parseStrictJson } from './strict-json.js';

const MAX_BODY_BYTES = 64 * 1024;
/** As much as a request's head can hold: what is wrong with a long parameter is for its pipe to say. */
const MAX_PARAMETER_CHARACTERS = 16 * 1024;

/** Fastify, set up to read only what the contract allows and to answer everything in the envelope. */
export function httpAdapter({ TRUSTED_PROXIES }: Settings): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_PARAMETER_CHARACTERS },
    genReqId: requestIdOf,
    trustProxy: withinRanges(TRUSTED_PROXIES),
    // calls that arrive on an open connection while the service stops are still served
    return503OnClosing: false,
    frameworkErrors: refuseBadUrl,
    clientErrorHandler: (error, socket) => {
      const reason = error.code === 'HPE_HEADER_OVERFLOW' ? 'its head is too large' : error.message;
      refuseOnSocket(socket, 'INVALID_PARAMETER', `the request is not valid HTTP: ${reason}`);
    },
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  fastify.removeAllContentTypeParsers();
  const parser = { parseAs: 'buffer' } as const;
  fastify.addContentTypeParser('application/json', parser, ({ headers, raw }, body: Buffer, done) => {
    try {
      requirePlainUtf8(headers);
      if (headers['x-api-signature']) keepRawBody(raw, body);
      done(null, parseStrictJson(body));
    } catch (error) {
      done(error as Error);
    }
  });
  admitCalls(fastify);
  // not earlier: a preflight is answered before any hook of ours for requests
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    void reply.header(REQUEST_ID_HEADER, request.id);
    done();
  });
  closeConnectionsWhenStopping(fastify);
  return adapter;
}

/** What Fastify's router refuses before any hook runs. */
function refuseBadUrl(_: Error, request: FastifyRequest, reply: FastifyReply): void {
  const { status } = API_ERRORS.INVALID_PARAMETER;
  const answer = failure('INVALID_PARAMETER', 'the path must be correctly percent-encoded');
  void reply.status(status).header(REQUEST_ID_HEADER, request.id).send(answer);
}

/** Without it a client's kept-alive connection, idle after the answer in flight, would hold up the stop. */
function closeConnectionsWhenStopping(fastify: FastifyInstance): void {
  let stopping = false;
  fastify.addHook('preClose', async () => {
    stopping = true;
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (stopping) void reply.header('connection', 'close');
    done();
  });
}

/** JSON is UTF-8 (RFC 8259) and comes uncompressed; a client that says otherwise would be misread. */
function requirePlainUtf8({
  'content-type': type = '',
  'content-encoding': encoding = 'identity',
}: IncomingMessage['headers']): void {
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(type) ?? [];
  if (!/^utf-?8$/i.test(charset)) {
    throw new ApiError('UNSUPPORTED_MEDIA_TYPE', `the charset must be utf-8, not ${charset}`);
  }
  if (encoding !== 'identity') {
    throw new ApiError('UNSUPPORTED_MEDIA_TYPE', `the body must not be encoded, as ${encoding} or otherwise`);
  }
}
