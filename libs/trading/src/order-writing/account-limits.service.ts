import { Injectable } from '@nestjs/common';
import { TradingError } from '../trading-error.js';

/** When somebody may try again whose place only an order that ends can make. */
const RETRY_SECONDS = 10;

/** Keeps what one maker or one taker has within bounds, also when many of its calls come at the same time. */
@Injectable()
export class AccountLimits {
  /** The calls under way, by whose they are. */
  private readonly running = new Map<string, Set<Promise<unknown>>>();

  /**
   * Does a call's work, which is told whether the caller is beyond its bounds. The caller's earlier calls may still be under
   * way: `refusal` first counts them all as done. If it refuses, they are waited for, and it is asked again without them.
   */
  async within<T>(
    caller: string,
    refusal: (earlier: number) => Promise<TradingError | undefined>,
    work: (refusal: TradingError | undefined) => Promise<T>,
  ): Promise<T> {
    const running = this.running.get(caller) ?? new Set();
    const earlier = [...running];
    const call = (async () => {
      let refused = await refusal(earlier.length);
      if (refused && earlier.length > 0) {
        await Promise.allSettled(earlier);
        refused = await refusal(0);
      }
      return work(refused);
    })();
    this.running.set(caller, running.add(call));
    try {
      return await call;
    } finally {
      running.delete(call);
      if (running.size === 0) this.running.delete(caller);
    }
  }
}

export function tooMany(rule: string, seconds = RETRY_SECONDS): TradingError {
  return new TradingError('TOO_MANY_REQUESTS', `${rule}; try again in ${seconds} s`, seconds);
}
