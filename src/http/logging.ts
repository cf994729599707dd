import { type Settings } from '#config';
import { inCall } from '#events';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Params, PinoLogger } from 'nestjs-pino';

/** Keys and tokens of a URL's query, which must not reach a log. */
const SECRET_QUERY = /([?&](?:api_key|token)=)[^&]*/gi;

/** Each line that is logged on a call's behalf has the call's id; nothing secret is in any. */
export function loggerOptions({ LOG_LEVEL }: Settings): Params {
  return {
    // its middleware would make a logger for every call, also where none is used; logCalls does without
    forRoutes: [],
    pinoHttp: {
      level: LOG_LEVEL,
      mixin() {
        const { http_request_id: requestId } = inCall();
        return requestId === undefined ? {} : { requestId };
      },
      // a failed statement's parameters stay out: they hold signatures
      serializers: { err: ({ name, message, stack }: Error) => ({ type: name, message, stack }) },
    },
  };
}

/** One line a call. Headers stay out: they hold API keys and tokens. */
export function logCalls(app: NestFastifyApplication): void {
  const logger = PinoLogger.root;
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method, url, id: requestId } = request;
    const { statusCode } = reply;
    // refused by admission: a line would cost more than the refusal
    if (!reply.isRefused) {
      logger[statusCode >= 500 ? 'error' : 'info'](
        {
          requestId,
          req: { method, url: url.replace(SECRET_QUERY, '$1…') },
          res: { statusCode },
          responseTime: Math.round(reply.elapsedTime),
        },
        'call answered',
      );
    }
    done();
  });
}
