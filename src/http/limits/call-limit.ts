import type { FastifyReply } from 'fastify';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { ApiError } from '../refusals/api-errors.js';

/** So many of something in so many seconds, of whoever is counted; 0: no limit. */
export class CallLimit {
  private readonly limiter: RateLimiterMemory | undefined;

  constructor(
    private readonly what: string,
    private readonly points: number,
    private readonly seconds: number,
  ) {
    if (points > 0) this.limiter = new RateLimiterMemory({ points, duration: seconds });
  }

  /** Counts one more, and says in the answer's headers how many are left; rejects when it is one too many. */
  async count(who: string, answer?: FastifyReply): Promise<void> {
    if (!this.limiter) return;
    const count = await this.limiter.consume(who).catch((beyond: RateLimiterRes) => beyond);
    const wait = Math.max(1, Math.ceil(count.msBeforeNext / 1_000));
    if (answer) {
      setItem(answer, 'RateLimit-Policy', this.what, `q=${this.points};w=${this.seconds}`);
      setItem(answer, 'RateLimit', this.what, `r=${count.remainingPoints};t=${wait}`);
    }
    if (count.consumedPoints <= this.points) return;
    const span = this.seconds === 1 ? 'this second' : `the last ${this.seconds} s`;
    throw new ApiError('TOO_MANY_REQUESTS', `too many ${this.what} in ${span}; try again in ${wait} s`, wait);
  }
}

/** Sets one item of a header that is a list of them, each with parameters (draft-ietf-httpapi-ratelimit-headers-10). */
function setItem(answer: FastifyReply, header: string, name: string, parameters: string): void {
  const key = `"${name}";`;
  const others = String(answer.getHeader(header) ?? '')
    .split(', ')
    .filter((item) => item && !item.startsWith(key));
  answer.header(header, [...others, key + parameters].join(', '));
}
