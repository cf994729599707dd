import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { eventId, OrderEvent } from '#events';
import { CancellationRequest, OPEN_STATUSES } from '#trading';
import { DataSource, type FindOptionsWhere, IsNull } from 'typeorm';

/** What takers have been asked and have not answered yet. */
@Injectable()
export class PendingRequests {
  private readonly logger = new Logger(PendingRequests.name);

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

  /** Notes when requests first went out. An answer may have been faster than this note; it still came later. */
  markPushed(requestIds: string[]): void {
    this.note(requestIds, { pushed_at: IsNull() });
  }

  /** The same for requests that were replayed: those that had ended before were not pushed while they lived. */
  markReplayed(requestIds: string[]): void {
    this.note(requestIds, { pushed_at: IsNull(), resolved_at: IsNull() });
  }

  /** Each by itself: a statement that locked several could deadlock with a transaction that writes several verdicts. */
  private note(requestIds: string[], where: FindOptionsWhere<CancellationRequest>): void {
    const requests = this.dataSource.getRepository(CancellationRequest);
    const noteAll = async (): Promise<void> => {
      for (const id of requestIds) {
        await requests.update({ id, ...where }, { pushed_at: () => 'LEAST(clock_timestamp(), resolved_at)' });
      }
    };
    noteAll().catch((error: Error) => this.logger.warn(`pushed_at could not be noted: ${error.message}`));
  }
}
