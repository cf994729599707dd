import type { IncomingMessage } from 'node:http';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { networkOf, SETTINGS, type Settings } from '#config';
import { clientAddresses } from '../http/client-address.js';
import { CallLimit } from '../http/limits/call-limit.js';
import { requestOf } from './callers.js';

const MINUTE = 60;

/**
 * At most RATE_LIMIT_PER_SECOND calls a second of one API key, one wallet or, before login, one IP address; and so many
 * logins and orders a minute of one address, because wallets cost nothing.
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  private readonly addressOf: (request: IncomingMessage) => string;
  private readonly calls: CallLimit;
  /** By method and route. */
  private readonly byAddress: Record<string, CallLimit>;

  constructor(@Inject(SETTINGS) settings: Settings) {
    this.addressOf = clientAddresses(settings);
    this.calls = new CallLimit('calls', settings.RATE_LIMIT_PER_SECOND, 1);
    this.byAddress = {
      'POST /api/v1/makers/connect': new CallLimit('logins', settings.LOGINS_PER_MINUTE_PER_ADDRESS, MINUTE),
      'POST /api/v1/orders': new CallLimit('orders', settings.ORDERS_PER_MINUTE_PER_ADDRESS, MINUTE),
    };
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { taker, maker, raw, method, routeOptions } = requestOf(context);
    const network = networkOf(this.addressOf(raw));
    await this.calls.count(taker?.keyId ?? maker?.wallet ?? network);
    await this.byAddress[`${method} ${routeOptions.url}`]?.count(network);
    return true;
  }
}
