import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { PreparedStatement, Transaction } from '#database';
import { DataSource } from 'typeorm';
import { TradingError } from '../trading-error.js';

/** When somebody may try again whose place only an order that ends can make. */
const RETRY_SECONDS = 10;

/** What a maker has: its open orders, and those that it placed within a minute, each counted up to a bound. */
export interface MakerLoad {
  open: number;
  recent: number;
  /** Seconds until the first of the recent ones is a minute old. */
  seconds: number;
}

const LOCKS = new PreparedStatement<{ locks: number }>(
  'count_locks',
  `SELECT count(*)::integer AS locks
     FROM (SELECT FROM orders WHERE locked_taker_id = $1::uuid AND status = 'locked' LIMIT $2::integer) o`,
);
const OF_MAKER = new PreparedStatement<MakerLoad>(
  'count_orders',
  `SELECT o.open, r.recent, r.seconds
     FROM (SELECT count(*)::integer AS open FROM (
         SELECT FROM orders WHERE maker = $1 AND status IN ('pending', 'locked', 'suspended') LIMIT $2::integer) o) o,
       (SELECT count(*)::integer AS recent,
         greatest(ceil(60 - extract(epoch FROM clock_timestamp() - min(created_at))), 1)::integer AS seconds
         FROM (SELECT created_at FROM orders WHERE maker = $1 AND created_at > clock_timestamp() - interval '1 minute'
           ORDER BY created_at DESC LIMIT $3::integer) o) r`,
);

/** Keeps what one maker or one taker has within bounds, also when many of its calls come at the same time. */
@Injectable()
export class Capacity {
  /** The calls under way, by whose they are. */
  private readonly running = new Map<string, Set<Promise<unknown>>>();

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async locksOf(takerId: string, max: number): Promise<number> {
    const [row] = await Transaction.read(this.dataSource, LOCKS.with(takerId, String(max)));
    return row!.locks;
  }

  async ordersOf(maker: string, maxOpen: number, maxRecent: number): Promise<MakerLoad> {
    const statement = OF_MAKER.with(maker, String(maxOpen), String(maxRecent));
    const [row] = await Transaction.read(this.dataSource, statement);
    return row!;
  }

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
