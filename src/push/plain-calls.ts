import type { FastifyInstance } from 'fastify';
import { WITH_ENVELOPE } from '../http/error.filter.js';
import { ApiError } from '../http/refusals/api-errors.js';
import { SOCKET_PATHS } from './message-types.js';

const DETAILS =
  'this is a socket, and no upgrade was asked for: open it with ws:// or wss://, and have proxies pass on Upgrade and Connection';

/** Tells who calls a socket's path without an upgrade, such as a proxy that does not pass it on. */
export function refusePlainCalls(fastify: FastifyInstance): void {
  for (const path of Object.values(SOCKET_PATHS)) {
    fastify.get(path, WITH_ENVELOPE, () => {
      throw new ApiError('ROUTE_NOT_FOUND', DETAILS);
    });
  }
}
