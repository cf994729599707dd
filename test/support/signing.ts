import { createHmac } from 'node:crypto';

/** What is signed of a request; each part as the test says, right or wrong. */
export interface Signable {
  method?: string;
  path: string;
  timestamp: number | string;
  /** The raw query of a GET, the body of any other. */
  q?: string;
}

export function sign(
  secret: string | Buffer,
  { method = 'POST', path, timestamp, q = '' }: Signable,
): string {
  return createHmac('sha256', secret).update(`${method}|${path}|${timestamp}|${q}`).digest('base64');
}

/** The headers of a signed request. */
export function signedHeaders(apiKey: string, secret: string, parts: Signable): Record<string, string> {
  return {
    'x-api-key': apiKey,
    'x-api-timestamp': String(parts.timestamp),
    'x-api-signature': sign(secret, parts),
  };
}
