import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { looksSecret } from './secrets.js';

export const CALL_ID_HEADER = 'x-request-id';
export const CALL_ID_PATTERN = '^[A-Za-z0-9._-]{1,128}$';
const CALL_ID = new RegExp(CALL_ID_PATTERN);

const ids = new WeakMap<IncomingMessage, string>();

/** The id of an HTTP call, the same for its answer and all its log lines: the caller's, or one made here. */
export function callIdOf(request: IncomingMessage): string {
  let id = ids.get(request);
  if (id === undefined) {
    id = callIdOr(request.headers[CALL_ID_HEADER]);
    ids.set(request, id);
  }
  return id;
}

/** An id as it was given, or one made here in the place of what is none, or a secret by mistake: it stands in every log. */
export function callIdOr(given: string | string[] | undefined): string {
  const isId = typeof given === 'string' && CALL_ID.test(given) && !looksSecret(given);
  return isId ? given : randomUUID();
}
