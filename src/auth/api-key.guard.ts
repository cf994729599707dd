import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { requestOf } from './callers.js';
import { RateLimits } from '../http/limits/rate-limits.service.js';
import { accountSuspended, TakerAuthenticator } from './taker-authenticator.service.js';

const ALLOW_SUSPENDED_TAKER = 'allow-suspended-taker';

/** For calls that end what a taker holds: a suspended one may be trading it, and has to be able to say so. */
export const AllowSuspendedTaker = (): MethodDecorator => SetMetadata(ALLOW_SUSPENDED_TAKER, true);

/**
 * Lets takers in, with at most RATE_LIMIT_PER_SECOND calls a second of one key: an API key in `X-API-Key`, and a signature
 * where the key demands it.
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly authenticator: TakerAuthenticator,
    private readonly limits: RateLimits,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    const key = request.headers['x-api-key'];
    const apiKey = typeof key === 'string' ? key : undefined;
    const call = await this.authenticator.identify(apiKey, request.raw);
    // the log names it also when the call is refused
    request.taker = request.span ? { ...call.taker, span: request.span } : call.taker;
    const answer = context.switchToHttp().getResponse<FastifyReply>();
    request.useSignature = await this.authenticator.verify(call, (who) =>
      this.limits.calls.count(who, answer),
    );
    if (call.isSuspended && !this.reflector.get<boolean>(ALLOW_SUSPENDED_TAKER, context.getHandler())) {
      throw accountSuspended();
    }
    return true;
  }
}
