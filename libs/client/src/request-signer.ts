import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { RecentIds } from './recent-ids.js';

/** Where more is signed than there are milliseconds, timestamps run ahead of the clock. Beyond this the clock was set back. */
const MAX_AHEAD_MS = 60_000;

/** The last signatures of this process, whoever made them. A signature works once. */
const used = new RecentIds();

/** Signs requests with an API key's secret. */
export class RequestSigner {
  private lastTimestamp = 0;

  constructor(
    private readonly secret: string,
    /** Unix milliseconds. */
    private readonly now: () => number = () => Date.now(),
  ) {}

  /** The headers that sign a request whose body has exactly these bytes. */
  headersFor(method: string, url: URL, body: Uint8Array | string = ''): Record<string, string> {
    let timestamp = this.nextTimestamp();
    let signature = this.sign(method, url, body, timestamp);
    while (!used.add(signature)) {
      timestamp = this.nextTimestamp();
      signature = this.sign(method, url, body, timestamp);
    }
    return { 'x-api-timestamp': String(timestamp), 'x-api-signature': signature };
  }

  /** One of its own for each request of a millisecond: they must not look like one that is sent twice. */
  private nextTimestamp(): number {
    const now = Math.floor(this.now());
    const isAhead = this.lastTimestamp >= now && this.lastTimestamp - now < MAX_AHEAD_MS;
    this.lastTimestamp = isAhead ? this.lastTimestamp + 1 : now;
    return this.lastTimestamp;
  }

  private sign(method: string, url: URL, body: Uint8Array | string, timestamp: number): string {
    const signsQuery = method === 'GET' || method === 'HEAD';
    const mac = hmac
      .create(sha256, this.secret)
      .update(`${method}|${url.pathname}|${timestamp}|`)
      .update(signsQuery ? url.search.slice(1) : body)
      .digest();
    return btoa(String.fromCharCode(...mac));
  }
}
