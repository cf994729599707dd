import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { seqOf } from '../log/event-id.js';
import { EventTail } from './event-tail.js';

/** How far a tail is behind what is committed. */
@Injectable()
export class TailLag {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly tail: EventTail,
  ) {}

  /** The age of the oldest event that the tail has not read, 0 without any; and what the database's clock is ahead of ours. */
  async read(): Promise<{ seconds: number; clockAheadMs: number }> {
    const sentAt = Date.now();
    const [{ now, lag }] = await this.dataSource.query<[{ now: number; lag: number }]>(
      `SELECT (extract(epoch FROM now) * 1000)::float AS now,
         coalesce(extract(epoch FROM now - (SELECT created_at FROM order_events
           WHERE seq > $1::bigint ORDER BY seq LIMIT 1)), 0)::float AS lag
       FROM clock_timestamp() AS now`,
      [seqOf(this.tail.position.id)],
    );
    return { seconds: lag, clockAheadMs: now - (sentAt + Date.now()) / 2 };
  }
}
