import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { eventId, OrderEvent } from '#events';
import { CancellationRequest, OPEN_STATUSES } from '#trading';
import { DataSource } from 'typeorm';

/** What takers have been asked and have not answered yet. */
@Injectable()
export class PendingRequests {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The events by which a taker's open requests were last put to it, oldest first. They are kept while a lock can live. */
  ofTaker(takerId: string): Promise<OrderEvent[]> {
    return this.dataSource
      .getRepository(OrderEvent)
      .createQueryBuilder('event')
      .innerJoin(
        CancellationRequest,
        'request',
        `request.id = event.request_id AND event.order_id = request.order_id
          AND event.created_at >= request.requested_at`,
      )
      .where('request.taker_id = :takerId AND request.status IN (:...open)', { takerId, open: OPEN_STATUSES })
      .andWhere("event.type = 'cancellation_request'")
      .distinctOn(['event.request_id'])
      .orderBy('event.request_id')
      .addOrderBy('event.seq', 'DESC')
      .getMany()
      .then((events) => events.toSorted((a, b) => (eventId(a) < eventId(b) ? -1 : 1)));
  }
}
