import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Span, Tracer } from '#tracing';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { masked } from './secrets.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The call's span, when it is traced. */
    span?: Span;
  }
}

/** Probes, scrapes and documents are not what anybody looks for in traces. */
const TRACED = '/api/v1/';

/**
 * Traces the calls of the API, each as a part of the trace that its caller names in `traceparent`. What is turned away before
 * it waits for a place has no span.
 */
export function traceCalls(app: NestFastifyApplication, tracer: Tracer): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.decorateRequest('span', undefined);
  fastify.addHook('onRequest', (request, reply, done) => {
    const { url: route } = request.routeOptions;
    if (route?.startsWith(TRACED)) request.span = beginSpan(tracer, request, route);
    const { span } = request;
    if (span) reply.raw.once('close', () => endSpan(span, request, reply));
    done();
  });
}

function beginSpan(tracer: Tracer, { method, url, id, headers }: FastifyRequest, route: string) {
  const { traceparent } = headers;
  return tracer.begin(`${method} ${route}`, typeof traceparent === 'string' ? traceparent : undefined, {
    kind: 'server',
    attributes: {
      'http.request.method': method,
      'http.route': route,
      'url.path': masked(url.split('?', 1)[0]!),
      'url.scheme': 'http',
      'lockstep.request_id': id,
    },
  });
}

/** A refusal is the caller's failure, so that its span has no error but the code of its answer. */
function endSpan(span: Span, { taker, maker }: FastifyRequest, reply: FastifyReply): void {
  const { statusCode, errorCode, raw } = reply;
  span.set({ 'lockstep.key_id': taker?.keyId, 'lockstep.wallet': maker?.wallet });
  if (!raw.writableFinished) return span.end('caller_gone');
  span.set({ 'http.response.status_code': statusCode, 'lockstep.code': errorCode });
  span.end(statusCode >= 500 ? String(statusCode) : undefined);
}
