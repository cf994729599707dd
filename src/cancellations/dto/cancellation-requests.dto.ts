import { ApiProperty } from '@nestjs/swagger';
import { CANCELLATION_STATUSES, type CancellationStatus, OPEN_STATUSES, RESOLVED_BY } from '#trading';
import { AddressField, OrderHashField, TimeField, UuidField } from '../../http/json/fields.js';
import { ChoicesQuery } from '../../http/json/query-fields.js';
import { PageAnswer, SortedPageQuery } from '../../http/pages/page.dto.js';

/** Narrows a taker's cancellation requests. They are sorted by the time of the request. */
export class CancellationRequestsQuery extends SortedPageQuery {
  /** Comma-separated; a request in any of them. When left out, those that can still be answered. */
  @ChoicesQuery(CANCELLATION_STATUSES, 'CancellationStatus')
  status: CancellationStatus[] = [...OPEN_STATUSES];
}

/** A cancellation request, as the taker sees it. */
export class CancellationRequestView {
  /** The id of the request, the same in the push. */
  @UuidField()
  request_id!: string;

  /** The order hash, lower-case. */
  @OrderHashField()
  order_hash!: string;

  /** The taker's address that is asked, under which it answers. */
  @AddressField()
  taker_address!: string;

  /** The wallet that asks. */
  @AddressField()
  maker!: string;

  /** What the maker gave as reason. */
  @ApiProperty({ type: String, example: 'user_requested' })
  reason!: string;

  /** `requested` and `timed_out` are open: they can still be answered. */
  @ApiProperty({ enum: CANCELLATION_STATUSES, enumName: 'CancellationStatus' })
  status!: CancellationStatus;

  /** When the maker asked. */
  @TimeField()
  requested_at!: string;

  /** When the request times out, or did. */
  @TimeField()
  expires_at!: string;

  /** When it was accepted or rejected. */
  @TimeField({ nullable: true })
  answered_at!: string | null;

  /** The taker's words, when it answered. */
  @ApiProperty({ type: String, nullable: true, example: 'Not traded yet, cancelled' })
  message!: string | null;

  /** Whether the answer came after the time-out. */
  late!: boolean;

  /** What resolved it. */
  @ApiProperty({ enum: RESOLVED_BY, enumName: 'ResolvedBy', nullable: true })
  resolved_by!: (typeof RESOLVED_BY)[number] | null;
}

export class CancellationRequestsAnswer extends PageAnswer {
  /** The requests of the page. */
  @ApiProperty({ type: [CancellationRequestView] })
  requests!: CancellationRequestView[];
}
