import type { IncomingMessage } from 'node:http';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { networkOf, SETTINGS, type Settings } from '#config';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientAddresses } from '../client-address.js';
import { RateLimits } from './rate-limits.service.js';

/**
 * At most RATE_LIMIT_PER_SECOND calls a second of one wallet or, before login, one IP address; and so many logins and orders
 * a minute of one address, because wallets cost nothing. Takers' calls are counted by their own guard.
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  private readonly addressOf: (request: IncomingMessage) => string;

  constructor(
    private readonly limits: RateLimits,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.addressOf = clientAddresses(settings);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const { maker, raw, method, routeOptions } = http.getRequest<FastifyRequest>();
    const answer = http.getResponse<FastifyReply>();
    const network = networkOf(this.addressOf(raw));
    await this.limits.calls.count(maker?.wallet ?? network, answer);
    await this.limits.byAddress[`${method} ${routeOptions.url}`]?.count(network, answer);
    return true;
  }
}
