import { SETTINGS, type Settings } from '#config';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Params, PinoLogger } from 'nestjs-pino';
import { clientAddresses } from './client-address.js';
import { masked } from './secrets.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The names of the call's own query parameters: callers may put anything into others. */
    queryFields: readonly string[] | undefined;
    taker?: { keyId: string };
    maker?: { wallet: string };
  }
  interface FastifyReply {
    /** Of an outage that the call met: what it came from. */
    reason: string | undefined;
  }
}

const MAX_STACK_CHARACTERS = 10_000;

/** Nothing secret is in any line. */
export function loggerOptions({ LOG_LEVEL }: Settings): Params {
  return {
    // its middleware would make a logger for every call, also where none is used; logCalls does without
    forRoutes: [],
    pinoHttp: {
      level: LOG_LEVEL,
      wrapSerializers: false,
      serializers: {
        req: lineOf,
        res: ({ statusCode, errorCode: code, reason }: FastifyReply) => ({
          statusCode,
          code,
          ...(reason !== undefined && { reason: masked(reason) }),
        }),
        // a failed statement's parameters stay out: they hold signatures
        err: ({ name, message, stack = '' }: Error) => ({
          type: name,
          message: masked(message),
          stack: masked(stack, MAX_STACK_CHARACTERS),
        }),
      },
    },
  };
}

/** What was called: the route and its own parameters, nothing else of the URL, and no headers. */
function lineOf({ method, routeOptions, params, query, queryFields = [] }: FastifyRequest): object {
  const given = query as Record<string, unknown>;
  const known = queryFields.filter((name) => given[name] !== undefined);
  return {
    method,
    route: routeOptions.url ?? 'none',
    ...maskedEach('params', Object.entries(routeOptions.url ? (params as object) : {})),
    ...maskedEach(
      'query',
      known.map((name) => [name, given[name]]),
    ),
  };
}

function maskedEach(name: string, entries: [string, unknown][]): object {
  if (entries.length === 0) return {};
  return { [name]: Object.fromEntries(entries.map(([key, value]) => [key, masked(String(value))])) };
}

/** One line a call, with its id and who called. */
export function logCalls(app: NestFastifyApplication): void {
  const logger = PinoLogger.root;
  const addressOf = clientAddresses(app.get<Settings>(SETTINGS));
  const fastify = app.getHttpAdapter().getInstance();
  fastify.decorateRequest('queryFields', undefined);
  fastify.decorateReply('reason', undefined);
  fastify.addHook('onResponse', (request, reply, done) => {
    // refused by admission: a line would cost more than the refusal
    if (!reply.isRefused) {
      const responseTime = Math.round(reply.elapsedTime);
      const { id: requestId, taker, maker, span } = request;
      const who = { address: addressOf(request.raw), key: taker?.keyId, wallet: maker?.wallet };
      const traceparent = span?.traceparent;
      const line = { requestId, traceparent, ...who, req: request, res: reply, responseTime };
      logger[reply.statusCode >= 500 ? 'error' : 'info'](line, 'call answered');
    }
    done();
  });
}
