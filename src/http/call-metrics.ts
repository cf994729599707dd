import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Counter, Histogram, Registry } from 'prom-client';

declare module 'fastify' {
  interface FastifyReply {
    /** The code of the error that is answered, 0 for a success. */
    errorCode: number;
  }
}

const DURATION_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Counts the HTTP calls and how long they took. They are told apart by their route's pattern: what callers make up, in
 * paths or otherwise, must not make new series.
 */
export function countCalls(app: NestFastifyApplication): void {
  const registers = [app.get(Registry, { strict: false })];
  const calls = new Counter({
    name: 'lockstep_http_requests_total',
    help: "HTTP calls by route, status and the code of the answer's envelope (0: success)",
    labelNames: ['method', 'route', 'status', 'code'],
    registers,
  });
  const seconds = new Histogram({
    name: 'lockstep_http_request_duration_seconds',
    help: 'From the head of an HTTP call to the end of its answer',
    labelNames: ['method', 'route'],
    buckets: DURATION_BUCKETS_S,
    registers,
  });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.decorateReply('errorCode', 0);
  fastify.addHook('onResponse', (request, reply, done) => {
    const { url: route = 'none' } = request.routeOptions;
    const { method } = request;
    calls.inc({ method, route, status: reply.statusCode, code: reply.errorCode });
    seconds.observe({ method, route }, reply.elapsedTime / 1000);
    done();
  });
}
