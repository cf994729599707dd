import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { ApiError } from '../refusals/api-errors.js';

/** So many of something in so many seconds, of whoever is counted; 0: no limit. */
export class CallLimit {
  private readonly limiter: RateLimiterMemory | undefined;

  constructor(
    private readonly what: string,
    points: number,
    private readonly seconds: number,
  ) {
    if (points > 0) this.limiter = new RateLimiterMemory({ points, duration: seconds });
  }

  /** Counts one more; rejects when it is one too many. */
  async count(who: string): Promise<void> {
    if (!this.limiter) return;
    try {
      await this.limiter.consume(who);
    } catch (refusal) {
      const wait = Math.max(1, Math.ceil((refusal as RateLimiterRes).msBeforeNext / 1_000));
      const span = this.seconds === 1 ? 'this second' : `the last ${this.seconds} s`;
      throw new ApiError(
        'TOO_MANY_REQUESTS',
        `too many ${this.what} in ${span}; try again in ${wait} s`,
        wait,
      );
    }
  }
}
