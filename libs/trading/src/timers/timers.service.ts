import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { OrderTransactions } from '../orders/order-transactions.js';

/** How late a reader can see a time-out, at most, while the worker keeps up. */
const TICK_MS = 500;
const BATCH_ORDERS = 200;
/** Orders settled side by side: a burst of locks that end together must not take seconds, nor all connections. */
const AT_ONCE = 8;
/** Login messages and signed requests are valid for 5 minutes around their timestamp; what they used up matters no longer than that. */
const USED_ONCE = ['login_nonces', 'used_signatures'];
const FORGET_USED_AFTER = '1 hour';

/**
 * Orders with something due; by the partial indexes, so that idle ticks cost next to nothing. The clock is read in
 * sub-selects, because an index cannot look for a value that may change from row to row.
 */
const DUE_ORDERS = `
  (SELECT id FROM orders
    WHERE status = 'locked' AND lock_expires_at <= (SELECT clock_timestamp()) LIMIT $1)
  UNION
  (SELECT id FROM orders
    WHERE status = 'pending' AND deadline <= (SELECT floor(extract(epoch FROM clock_timestamp()))::bigint) LIMIT $1)
  UNION
  (SELECT o.id FROM cancellation_requests r JOIN orders o ON o.id = r.order_id
    WHERE r.status = 'requested' AND r.expires_at <= (SELECT clock_timestamp()) AND o.status = 'locked' LIMIT $1)`;

/**
 * The worker: writes down what time has made due, so that readers and sockets hear of it without a call.
 * Calls settle their order by themselves, so nothing depends on when this comes by, and any number can run.
 */
@Injectable()
export class TimersService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(TimersService.name);
  private timer: NodeJS.Timeout | undefined;
  private ticking: Promise<void> | undefined;
  private stopped = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly orders: OrderTransactions,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.ticking ??= this.tick().finally(() => (this.ticking = undefined));
    }, TICK_MS);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.ticking;
  }

  private async tick(): Promise<void> {
    try {
      while (await this.settleBatch());
      for (const table of USED_ONCE) {
        await this.dataSource.query(
          `DELETE FROM ${table} WHERE used_at < clock_timestamp() - interval '${FORGET_USED_AFTER}'`,
        );
      }
    } catch (error) {
      this.logger.warn(`the timers wait for the database: ${(error as Error).message}`);
    }
  }

  /** Returns whether the next batch can be taken at once. */
  private async settleBatch(): Promise<boolean> {
    const due = await this.dataSource.query<{ id: string }[]>(DUE_ORDERS, [BATCH_ORDERS]);
    const full = due.length >= BATCH_ORDERS;
    let failures = 0;
    const lane = async (): Promise<void> => {
      for (let next = due.pop(); next && !this.stopped; next = due.pop()) {
        if (!(await this.settle(next.id))) failures += 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    return full && failures === 0 && !this.stopped;
  }

  /** One order that cannot be settled must not hold up the others. */
  private async settle(id: string): Promise<boolean> {
    try {
      await this.orders.settle({ id });
      return true;
    } catch (error) {
      this.logger.error(`order ${id} could not be settled: ${(error as Error).message}`);
      return false;
    }
  }
}
