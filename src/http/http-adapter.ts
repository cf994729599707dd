import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { ApiError } from './api-errors.js';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.js';
import { parseStrictJson } from './strict-json.js';

const MAX_BODY_BYTES = 64 * 1024;

/** Fastify, set up to read only what the contract allows and to name every answer with its request id. */
export function httpAdapter(): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    genReqId: requestIdOf,
    // calls that arrive on an open connection while the service stops are still served
    return503OnClosing: false,
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      requireUtf8(request.headers['content-type']);
      done(null, parseStrictJson(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  fastify.addHook('onRequest', async (request, reply) => {
    void reply.header(REQUEST_ID_HEADER, request.id);
  });
  closeConnectionsWhenStopping(fastify);
  return adapter;
}

/** Without it a client's kept-alive connection, idle after the answer in flight, would hold up the stop. */
function closeConnectionsWhenStopping(fastify: FastifyInstance): void {
  let stopping = false;
  fastify.addHook('preClose', async () => {
    stopping = true;
  });
  fastify.addHook('onSend', async (_, reply) => {
    if (stopping) void reply.header('connection', 'close');
  });
}

/** JSON is UTF-8 (RFC 8259); a client that says otherwise would be misread. */
function requireUtf8(contentType = ''): void {
  const [, charset] = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType) ?? [];
  if (charset && !/^utf-?8$/i.test(charset)) {
    throw new ApiError('UNSUPPORTED_MEDIA_TYPE', `the charset must be utf-8, not ${charset}`);
  }
}
