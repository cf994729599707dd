import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { eventId, secondId, seqOf } from '../log/event-id.js';
import { type Actor, OrderEvent } from '../log/order-event.entity.js';
import { type Audience, ROWS_OF } from './circles.js';
import { messagesFor, type PushMessage } from './messages.js';

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
  ofMaker(maker: string, request: HistoryRequest): Promise<EventHistory> {
    return this.read({ maker }, request);
  }

  /** What this taker was pushed, or would have been: that the order was placed, and what was done while it held it. */
  ofTaker(takerId: string, request: HistoryRequest): Promise<EventHistory> {
    return this.read({ takerId, newOrders: true, book: false }, request);
  }

  private async read(audience: Audience, { orderId, after, limit }: HistoryRequest): Promise<EventHistory> {
    const query = this.dataSource
      .getRepository(OrderEvent)
      .createQueryBuilder('event')
      .where('event.order_id = :orderId', { orderId })
      .orderBy('event.version')
      .limit(limit + 1);
    if (after !== undefined) query.andWhere('event.seq > :seq', { seq: seqOf(after) });
    if ('takerId' in audience)
      query.andWhere(`(${ROWS_OF.holder(':takerId')} OR ${ROWS_OF.everyTaker})`, {
        takerId: audience.takerId,
      });
    const found = await query.getMany();
    const events = found.slice(0, limit);
    const entries = events.flatMap((event) =>
      messagesFor(audience, event).map((message) => ({ ...message, by: event.actor.kind })),
    );
    return { entries, nextAfter: found.length > limit ? secondId(eventId(events.at(-1)!)) : null };
  }
}
