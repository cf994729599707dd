import { createHmac } from 'node:crypto';

/** Of the last signature, Unix milliseconds. */
let lastTimestamp = 0;

/** Signs requests with an API key's secret. */
export class RequestSigner {
  constructor(private readonly secret: string) {}

  /** The headers that sign a request whose body has exactly these bytes. */
  headersFor(method: string, url: URL, body: Uint8Array | string = ''): Record<string, string> {
    // A signature works once. Two requests of one millisecond must not look like one that is sent twice.
    lastTimestamp = Math.max(Date.now(), lastTimestamp + 1);
    const signature = createHmac('sha256', this.secret)
      .update(`${method}|${url.pathname}|${lastTimestamp}|`)
      .update(method === 'GET' ? url.search.slice(1) : body)
      .digest('base64');
    return { 'x-api-timestamp': String(lastTimestamp), 'x-api-signature': signature };
  }
}
