import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { columnsOf, PreparedStatement, Transaction } from '#database';
import { type EventCursor, OrderEvent, seqOf } from '#events';
import { DataSource } from 'typeorm';
import { OPEN_STATUSES_SQL } from './cancellation-request.entity.js';

/** The event by which each was put to the taker last; it is kept while a lock can live. */
const READ_OPEN = new PreparedStatement<OrderEvent>(
  'open_requests',
  `SELECT ${columnsOf(OrderEvent, 'e')} FROM cancellation_requests r
     CROSS JOIN LATERAL (
       SELECT ${columnsOf(OrderEvent)} FROM order_events
        WHERE order_id = r.order_id AND request_id = r.id AND type = 'cancellation_request'
          AND created_at >= r.requested_at
        ORDER BY version DESC LIMIT 1
     ) e
    WHERE r.taker_id = $1::uuid AND r.status IN (${OPEN_STATUSES_SQL}) AND e.seq <= $2::bigint
    ORDER BY e.seq`,
);

/** What takers have been asked and have not answered yet. */
@Injectable()
export class OpenRequests {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The events of a taker's open requests up to a position, in their order. */
  ofTaker(takerId: string, upTo: EventCursor): Promise<OrderEvent[]> {
    return Transaction.read(this.dataSource, READ_OPEN.with(takerId, seqOf(upTo.id)));
  }
}
