import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Settings } from '#config';
import type { Params } from 'nestjs-pino';
import { requestIdOf } from './request-id.js';

/** Keys and tokens of a URL's query, which must not reach a log. */
const SECRET_QUERY = /([?&](?:api_key|token)=)[^&]*/gi;

/** One line a request, with its id on this and every other line that is logged on its behalf; nothing secret. */
export function loggerOptions({ LOG_LEVEL }: Settings): Params {
  return {
    pinoHttp: {
      level: LOG_LEVEL,
      genReqId: (request: IncomingMessage) => requestIdOf(request),
      quietReqLogger: true,
      customAttributeKeys: { reqId: 'requestId' },
      serializers: {
        // headers stay out: they hold API keys and tokens
        req: ({ method, url }: IncomingMessage) => ({ method, url: url?.replace(SECRET_QUERY, '$1…') }),
        res: ({ statusCode }: ServerResponse) => ({ statusCode }),
      },
    },
  };
}
