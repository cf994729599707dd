import type { Settings } from '#config';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Params, PinoLogger } from 'nestjs-pino';

/** Keys and tokens of a URL's query, which must not reach a log. */
const SECRET_QUERY = /([?&](?:api_key|token)=)[^&]*/gi;

/** Nothing secret is in any line. */
export function loggerOptions({ LOG_LEVEL }: Settings): Params {
  return {
    // its middleware would make a logger for every call, also where none is used; logCalls does without
    forRoutes: [],
    pinoHttp: {
      level: LOG_LEVEL,
      wrapSerializers: false,
      serializers: {
        // headers stay out: they hold API keys and tokens
        req: ({ method, url }: FastifyRequest) => ({ method, url: url.replace(SECRET_QUERY, '$1…') }),
        res: ({ statusCode }: FastifyReply) => ({ statusCode }),
        // a failed statement's parameters stay out: they hold signatures
        err: ({ name, message, stack }: Error) => ({ type: name, message, stack }),
      },
    },
  };
}

/** One line a call, with its id. */
export function logCalls(app: NestFastifyApplication): void {
  const logger = PinoLogger.root;
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onResponse', (request, reply, done) => {
      // refused by admission: a line would cost more than the refusal
      if (!reply.isRefused) {
        const responseTime = Math.round(reply.elapsedTime);
        const line = { requestId: request.id, req: request, res: reply, responseTime };
        logger[reply.statusCode >= 500 ? 'error' : 'info'](line, 'call answered');
      }
      done();
    });
}
