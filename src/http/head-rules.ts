import type { IncomingMessage } from 'node:http';
import { ApiError } from './refusals/api-errors.js';

/** What Node.js reads at most. A head above our own bound is read too, so that its caller is answered like any other. */
export const MAX_READ_HEAD_BYTES = 64 * 1024;
const MAX_HEAD_BYTES = 16 * 1024;
const MAX_HEADERS = 200;

/** A name, an IPv4 address or an IPv6 one in brackets, with or without a port; empty where the target has no host. */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+;=%-]*)(?::\d*)?$/i;
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
  const { hosts, size } = measure(request);
  if (httpVersionMinor >= 1 && hosts === 0) return invalid('Host is required');
  if (hosts > 1) return invalid('Host must be given once');
  if (!HOST.test(headers.host ?? '')) return invalid('Host must be one host, with or without a port');
  if (!isKnownCoding(headers['transfer-encoding'])) {
    return invalid('Transfer-Encoding must be chunked, and nothing else');
  }
  if (rawHeaders.length / 2 > MAX_HEADERS) {
    return invalid(`the request must not have more than ${MAX_HEADERS} headers`);
  }
  if (size > MAX_HEAD_BYTES) {
    return invalid(`the head of the request must not be larger than ${MAX_HEAD_BYTES / 1_024} KiB`);
  }
  return undefined;
}

function measure({ url = '', rawHeaders }: IncomingMessage): { hosts: number; size: number } {
  let hosts = 0;
  let size = url.length;
  for (const [i, text] of rawHeaders.entries()) {
    size += text.length + 2; // its colon and space, or its line break
    if (i % 2 === 0 && text.length === 4 && text.toLowerCase() === 'host') hosts += 1;
  }
  return { hosts, size };
}

/** Node.js takes off the chunks alone: a body would be taken for what it is packed in. */
function isKnownCoding(coding = 'chunked'): boolean {
  return coding.trim().toLowerCase() === 'chunked';
}

const invalid = (details: string): ApiError => new ApiError('INVALID_PARAMETER', details);
