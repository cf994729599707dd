import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { columnsOf } from '#database';
import { type EventCursor, OrderEvent, seqOf } from '#events';
import { OPEN_STATUSES } from '#trading';
import { DataSource } from 'typeorm';

/** What takers have been asked and have not answered yet. */
@Injectable()
export class PendingRequests {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * The events by which a taker's open requests were last put to it, up to a position, in their order. They are kept while
   * a lock can live.
   */
  ofTaker(takerId: string, upTo: EventCursor): Promise<OrderEvent[]> {
    return this.dataSource.query(
      `SELECT e.* FROM cancellation_requests r
         CROSS JOIN LATERAL (
           SELECT ${columnsOf(OrderEvent)} FROM order_events
            WHERE order_id = r.order_id AND request_id = r.id AND type = 'cancellation_request'
              AND created_at >= r.requested_at
            ORDER BY version DESC LIMIT 1
         ) e
        WHERE r.taker_id = $1 AND r.status = ANY ($2) AND e.seq <= $3::bigint
        ORDER BY e.seq`,
      [takerId, OPEN_STATUSES, seqOf(upTo.id)],
    );
  }
}
