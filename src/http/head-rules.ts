import type { IncomingMessage } from 'node:http';
import { ApiError } from './refusals/api-errors.js';

/** What Node.js reads at most. A head above our own bound is read too, so that its caller is answered like any other. */
export const MAX_READ_HEAD_BYTES = 64 * 1024;
const MAX_HEAD_BYTES = 16 * 1024;
const MAX_HEADERS = 200;

const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)(.*)$/i;
/** Answers what has no path that can be looked up. */
const UNREADABLE_PATH = '/';

const unreadable = new WeakSet<IncomingMessage>();
const unexpected = new WeakSet<IncomingMessage>();

/** Remembers that a request has an expectation that is not known. */
export function noteUnknownExpectation(request: IncomingMessage): void {
  unexpected.add(request);
}

/**
 * Turns a request's target into the path that is looked up and signed, and returns it. A target in absolute form names the
 * host too, which then counts (RFC 9112, 3.2.2).
 */
export function settleTarget(request: IncomingMessage): string {
  const [, host, path = ''] = ABSOLUTE_FORM.exec(request.url ?? '') ?? [];
  if (host !== undefined) {
    request.headers.host = host;
    request.url = path.startsWith('/') ? path : `/${path}`;
  }
  return isReadable(request.url ?? '') ? request.url! : hidden(request);
}

/** Fastify would refuse it before any of our hooks. */
function hidden(request: IncomingMessage): string {
  unreadable.add(request);
  return UNREADABLE_PATH;
}

function isReadable(target: string): boolean {
  if (!target.startsWith('/')) return target === '*';
  const [path = ''] = target.split('?', 1);
  if (!path.includes('%')) return true;
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with a request's head; undefined: nothing. */
export function faultOfHead(request: IncomingMessage): ApiError | undefined {
  const { headers, httpVersionMinor, rawHeaders } = request;
  if (unreadable.has(request)) return invalid('the path must be correctly percent-encoded');
  if (unexpected.has(request)) return invalid('Expect must be 100-continue');
  if (httpVersionMinor >= 1 && headers.host === undefined) return invalid('Host is required');
  if (rawHeaders.length / 2 > MAX_HEADERS) {
    return invalid(`the request must not have more than ${MAX_HEADERS} headers`);
  }
  if (sizeOf(request) > MAX_HEAD_BYTES) {
    return invalid(`the head of the request must not be larger than ${MAX_HEAD_BYTES / 1_024} KiB`);
  }
  return undefined;
}

function sizeOf({ url = '', rawHeaders }: IncomingMessage): number {
  let size = url.length;
  for (const text of rawHeaders) size += text.length + 2; // its colon and space, or its line break
  return size;
}

const invalid = (details: string): ApiError => new ApiError('INVALID_PARAMETER', details);
