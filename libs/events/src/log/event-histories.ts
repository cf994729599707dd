import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { eventId, secondId, seqOf } from './event-id.js';
import { makerMessage, type PushMessage, takerMessage } from './messages.js';
import { type Actor, OrderEvent } from './order-event.entity.js';

/** What was said of an event, and what kind of actor caused it. */
export interface HistoryEntry extends PushMessage {
  by: Actor['kind'];
}

/** A page of an order's past, oldest first. */
export interface EventHistory {
  entries: HistoryEntry[];
  /** After which the next page begins; null when this is the last one. */
  nextAfter: string | null;
}

export interface HistoryRequest {
  orderId: string;
  /** The id of a message: what came later is read. */
  after: string | undefined;
  limit: number;
}

/** What has become of one order, as its maker and its takers may each know it. */
@Injectable()
export class EventHistories {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** All of it. */
  ofMaker(request: HistoryRequest): Promise<EventHistory> {
    return this.read(request, makerMessage);
  }

  /** What this taker was pushed, or would have been: that the order was placed, and what was done while it held it. */
  ofTaker(takerId: string, request: HistoryRequest): Promise<EventHistory> {
    return this.read(request, takerMessage, takerId);
  }

  private async read(
    { orderId, after, limit }: HistoryRequest,
    tell: (event: OrderEvent) => PushMessage | undefined,
    takerId?: string,
  ): Promise<EventHistory> {
    const query = this.dataSource
      .getRepository(OrderEvent)
      .createQueryBuilder('event')
      .where('event.order_id = :orderId', { orderId })
      .orderBy('event.version')
      .limit(limit + 1);
    if (after !== undefined) query.andWhere('event.seq > :seq', { seq: seqOf(after) });
    if (takerId !== undefined)
      query.andWhere(
        `(event.taker_id = :takerId OR event.type = 'order_status_change' AND event.from_status IS NULL)`,
        {
          takerId,
        },
      );
    const found = await query.getMany();
    const events = found.slice(0, limit);
    const entries = events.flatMap((event) => {
      const message = tell(event);
      return message ? { ...message, by: event.actor.kind } : [];
    });
    return { entries, nextAfter: found.length > limit ? secondId(eventId(events.at(-1)!)) : null };
  }
}
