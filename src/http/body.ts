import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from './api-errors.js';
import { keepRawBody } from './raw-body.js';
import { parseStrictJson } from './strict-json.js';

const JSON_TYPE = /^application\/json\s*(?:;|$)/i;
const BODILESS = new Set(['GET', 'HEAD', 'OPTIONS']);
const EMPTY = Buffer.alloc(0);

const types = new WeakMap<IncomingMessage, string>();

/** Has bodies read as bytes, whatever they are said to be: they are looked at when it is known who sends them. */
export function keepBodiesUnread(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, ({ headers, raw }, body: Buffer, done) => {
    if (headers['x-api-signature']) keepRawBody(raw, body);
    done(null, body);
  });
  // Fastify would judge the type of an empty body too
  fastify.addHook('onRequest', ({ raw }, _reply, done) => {
    types.set(raw, raw.headers['content-type'] ?? '');
    delete raw.headers['content-type'];
    done();
  });
}

/** Puts what the bytes of a body say in their place. */
export function readBody(request: FastifyRequest): void {
  if (BODILESS.has(request.method)) return;
  const bytes = (request.body as Buffer | undefined) ?? EMPTY;
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
