import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { OrderWriter } from '../order-writing/order-writer.js';
import { OrderRepository } from '../order-writing/order.repository.js';

/** How late a reader can see a time-out, at most, while the worker keeps up. */
const TICK_MS = 500;
/** Due orders that are looked at, of which a random batch is settled: so workers seldom meet at the same order. */
const LOOK_AT_ORDERS = 1_000;
const BATCH_ORDERS = 100;
/** Orders settled side by side: a burst of locks that end together must not take seconds, nor all connections. */
const AT_ONCE = 8;
/** Login messages and signed requests are valid for 5 minutes around their timestamp; what they used up matters no longer than that. */
const USED_ONCE = ['login_nonces', 'used_signatures'];
const FORGET_USED_AFTER = '1 hour';

/**
 * The worker: writes down what time has made due, so that readers and sockets hear of it without a call.
 * Calls settle their order by themselves, so nothing depends on when this comes by. Any number can run: an order that a
 * call or another worker has locked is left to it.
 */
@Injectable()
export class TimersService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(TimersService.name);
  private timer: NodeJS.Timeout | undefined;
  private ticking: Promise<void> | undefined;
  private stopped = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly rows: OrderRepository,
    private readonly writer: OrderWriter,
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

  /** Returns whether there is more that can be settled at once. */
  private async settleBatch(): Promise<boolean> {
    const due = shuffled(await this.rows.due(LOOK_AT_ORDERS));
    const batch = due.slice(0, BATCH_ORDERS);
    const more = due.length > batch.length;
    const ends = { done: 0, left: 0, failed: 0 };
    const lane = async (): Promise<void> => {
      for (let next = batch.pop(); next && !this.stopped; next = batch.pop()) {
        ends[await this.settle(next)] += 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    return more && ends.done > 0 && ends.failed === 0 && !this.stopped;
  }

  /** One order that cannot be settled must not hold up the others, nor one that somebody else is at. */
  private async settle(id: string): Promise<'done' | 'left' | 'failed'> {
    try {
      return (await this.writer.settle({ id })) ? 'done' : 'left';
    } catch (error) {
      this.logger.error(`order ${id} could not be settled: ${(error as Error).message}`);
      return 'failed';
    }
  }
}

function shuffled<T>(items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i -= 1) {
    const j = Math.floor(Math.random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}
