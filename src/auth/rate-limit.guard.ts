import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '#config';
import type { FastifyReply } from 'fastify';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { ApiError } from '../http/api-errors.js';
import { requestOf } from './callers.js';

/** At most RATE_LIMIT_PER_SECOND calls a second of one API key, one wallet or, before login, one IP address. */
@Injectable()
export class RateLimitGuard implements CanActivate {
  private readonly limiter: RateLimiterMemory | undefined;

  constructor(@Inject(SETTINGS) { RATE_LIMIT_PER_SECOND: points }: Settings) {
    if (points > 0) this.limiter = new RateLimiterMemory({ points, duration: 1 });
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.limiter === undefined || this.consume(this.limiter, context);
  }

  private async consume(limiter: RateLimiterMemory, context: ExecutionContext): Promise<boolean> {
    const { taker, maker, ip } = requestOf(context);
    try {
      await limiter.consume(taker?.keyId ?? maker?.wallet ?? ip);
    } catch (refusal) {
      const seconds = Math.ceil((refusal as RateLimiterRes).msBeforeNext / 1000);
      void context.switchToHttp().getResponse<FastifyReply>().header('retry-after', seconds);
      throw new ApiError('TOO_MANY_REQUESTS', `too many calls in this second; try again in ${seconds} s`);
    }
    return true;
  }
}
