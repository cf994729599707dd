import type { IncomingMessage, ServerResponse } from 'node:http';
import { RequestMethod } from '@nestjs/common';
import type { Settings } from '#config';
import type { Params } from 'nestjs-pino';
import { requestIdOf } from './request-id.js';

/** Keys and tokens of a URL's query, which must not reach a log. */
const SECRET_QUERY = /([?&](?:api_key|token)=)[^&]*/gi;

/** One line a request, with its id on this and every other line that is logged on its behalf; nothing secret. */
export function loggerOptions({ LOG_LEVEL }: Settings): Params {
  return {
    // in the spelling that Fastify's middleware matches; nestjs-pino's own default matches nothing here
    forRoutes: [{ path: '*path', method: RequestMethod.ALL }],
    pinoHttp: {
      level: LOG_LEVEL,
      genReqId: (request: IncomingMessage) => requestIdOf(request),
      quietReqLogger: true,
      customAttributeKeys: { reqId: 'requestId' },
      serializers: {
        // headers stay out: they hold API keys and tokens
        req: ({ method, url }: IncomingMessage) => ({ method, url: url?.replace(SECRET_QUERY, '$1…') }),
        res: ({ statusCode }: ServerResponse) => ({ statusCode }),
        // a failed statement's parameters stay out: they hold signatures
        err: ({ name, message, stack }: Error) => ({ type: name, message, stack }),
      },
    },
  };
}
