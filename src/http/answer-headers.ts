import type { FastifyInstance } from 'fastify';
import { CALL_ID_HEADER } from './call-id.js';
import { Origins } from './origins.js';
import { SECURITY_HEADERS } from './refusals/refusal.js';

const SECURITY_HEADERS_LIST = Object.entries(SECURITY_HEADERS);

/** The headers that every answer has, unless its handler has set its own. */
export function setAnswerHeaders(fastify: FastifyInstance, origins: Origins): void {
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    void reply.header(CALL_ID_HEADER, request.id);
    for (const [name, value] of SECURITY_HEADERS_LIST) {
      if (!reply.hasHeader(name)) void reply.header(name, value);
    }
    const { vary, ...cors } = origins.corsHeaders(request.headers.origin);
    if (vary !== undefined && !reply.hasHeader('vary')) void reply.header('vary', vary);
    void reply.headers(cors);
    done();
  });
}

/** Answers preflights, which ask whether a page may make a call. */
export function answerPreflights(fastify: FastifyInstance, origins: Origins): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const { method, headers } = request;
    if (method !== 'OPTIONS' || !headers['access-control-request-method']) return done();
    try {
      void reply.status(204).headers(origins.preflightHeaders(request.raw)).send();
    } catch (error) {
      done(error as Error);
    }
  });
}
