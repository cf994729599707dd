import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '#config';
import { CallLimit } from './call-limit.js';

const MINUTE = 60;

/** The counts of RateLimitGuard and ApiKeyGuard. Nest makes a guard for each module; a caller's calls are counted over all of them. */
@Injectable()
export class RateLimits {
  readonly calls: CallLimit;
  /** Of one address, by method and route. */
  readonly byAddress: Record<string, CallLimit>;

  constructor(@Inject(SETTINGS) settings: Settings) {
    this.calls = new CallLimit('calls', settings.RATE_LIMIT_PER_SECOND, 1);
    this.byAddress = {
      'POST /api/v1/makers/connect': new CallLimit('logins', settings.LOGINS_PER_MINUTE_PER_ADDRESS, MINUTE),
      'POST /api/v1/orders': new CallLimit('orders', settings.ORDERS_PER_MINUTE_PER_ADDRESS, MINUTE),
    };
  }
}
