import { HttpStatus } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { ERRORS, Refusal } from '../envelope.js';

/** Few: the service counts each of the lookups with a wrong key, and refuses new keys from an address with a hundred of them. */
const MAX_PER_MINUTE = 5;
const SECONDS = 60;

/** The service sees the sandbox's address where a caller tries keys: nobody can have that address refused for the others there. */
export class WrongKeys {
  private readonly counts = new RateLimiterMemory({ points: MAX_PER_MINUTE, duration: SECONDS });

  /** Makes a call with a caller's key, unless too many of that caller's were wrong. */
  async countFor<T>(caller: string, call: () => Promise<T>): Promise<T> {
    const counted = await this.counts.get(caller);
    if (counted && counted.consumedPoints >= MAX_PER_MINUTE) {
      const seconds = Math.max(1, Math.ceil(counted.msBeforeNext / 1_000));
      const details = `${MAX_PER_MINUTE} wrong API keys came from your network; try again in ${seconds} s`;
      throw new Refusal(ERRORS.TOO_MANY_REQUESTS, details, seconds);
    }
    try {
      return await call();
    } catch (error) {
      const isWrong = error instanceof Refusal && error.getStatus() === HttpStatus.UNAUTHORIZED;
      if (isWrong) await this.counts.penalty(caller, 1);
      throw error;
    }
  }
}
