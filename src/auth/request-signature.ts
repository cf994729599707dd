import { createHmac, timingSafeEqual } from 'node:crypto';

/** What of a request is signed, as it was sent. */
export interface SignedRequest {
  method: string;
  /** Path and query. */
  target: string;
  timestamp: string;
  body: Buffer;
}

/** HMAC-SHA256 of `METHOD|path|timestamp|Q`, where Q is the query of a GET or HEAD and the body of any other request. */
export function macOf(secret: string, { method, target, timestamp, body }: SignedRequest): Buffer {
  const [path, query] = splitTarget(target);
  return createHmac('sha256', secret)
    .update(`${method}|${path}|${timestamp}|`)
    .update(method === 'GET' || method === 'HEAD' ? query : body)
    .digest();
}

/** The path and the raw query, without its `?`. */
export function splitTarget(target: string): [path: string, query: string] {
  const mark = target.indexOf('?');
  return mark === -1 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}

/** Whether a header holds this MAC in Base64. Texts are compared, because many spellings decode to the same bytes. */
export function isMac(signature: string, mac: Buffer): boolean {
  const given = Buffer.from(signature);
  const expected = Buffer.from(mac.toString('base64'));
  return given.length === expected.length && timingSafeEqual(given, expected);
}
