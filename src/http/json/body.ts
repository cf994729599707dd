import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../refusals/api-errors.js';
import { BODILESS, rawBodyOf } from './raw-body.js';
import { parseStrictJson } from './strict-json.js';

const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

const types = new WeakMap<IncomingMessage, string>();

/** Leaves bodies on their connections, whatever they are said to be: they are read when it is known who sends them. */
export function leaveBodiesUnread(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null));
  // Fastify would judge the type of an empty body too
  fastify.addHook('onRequest', ({ raw }, _reply, done) => {
    types.set(raw, raw.headers['content-type'] ?? '');
    delete raw.headers['content-type'];
    done();
  });
}

/** Sets a request's body to what its bytes say. */
export async function parseBody(request: FastifyRequest): Promise<void> {
  if (BODILESS.has(request.method)) return;
  const bytes = await rawBodyOf(request.raw);
  if (bytes.length > 0) requireJson(types.get(request.raw) ?? '', request.headers['content-encoding']);
  request.body = parseStrictJson(bytes);
}

/** JSON is UTF-8 (RFC 8259) and comes uncompressed; a client that says otherwise would be misread. */
function requireJson(type: string, encoding = 'identity'): void {
  if (!JSON_TYPE.test(type)) {
    throw new ApiError('UNSUPPORTED_MEDIA_TYPE', 'the content type must be application/json');
  }
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(type) ?? [];
  if (!/^utf-?8$/i.test(charset)) {
    throw new ApiError('UNSUPPORTED_MEDIA_TYPE', `the charset must be utf-8, not ${charset}`);
  }
  if (encoding.trim().toLowerCase() !== 'identity') {
    throw new ApiError('UNSUPPORTED_MEDIA_TYPE', `the body must not be encoded, as ${encoding} or otherwise`);
  }
}
