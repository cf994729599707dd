import { ApiProperty } from '@nestjs/swagger';
import { CANCELLATION_STATUSES, type CancellationStatus, OPEN_STATUSES, RESOLVED_BY } from '#trading';
import {
  AddressField,
  AnswerText,
  EXAMPLES,
  Flag,
  NullableText,
  NullableTimeField,
  OrderHashField,
  TimeField,
  UuidField,
} from '../../http/json/fields.js';
import { ChoicesQuery } from '../../http/json/query-fields.js';
import { PAGE_SIZE_MAX, PageAnswer, SortedPageQuery } from '../../http/pages/page.dto.js';

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
  @AddressField({ example: EXAMPLES.maker })
  maker!: string;

  /** What the maker gave as reason. */
  @AnswerText(1_000, 'user_requested')
  reason!: string;

  /** `requested` and `timed_out` are open: they can still be answered. */
  @ApiProperty({ enum: CANCELLATION_STATUSES, enumName: 'CancellationStatus' })
  status!: CancellationStatus;

  /** When the maker asked. */
  @TimeField()
  requested_at!: string;

  /** When the request times out, or did. */
  @TimeField('2026-01-17T03:01:24.123Z')
  expires_at!: string;

  /** When it was accepted or rejected. */
  @NullableTimeField(null)
  answered_at!: string | null;

  /** The taker's words, when it answered. */
  @NullableText(1_000, null)
  message!: string | null;

  /** Whether the answer came after the time-out. */
  @Flag(false)
  late!: boolean;

  /** What resolved it. */
  @ApiProperty({ enum: RESOLVED_BY, enumName: 'ResolvedBy', nullable: true, example: null })
  resolved_by!: (typeof RESOLVED_BY)[number] | null;
}

export class CancellationRequestsAnswer extends PageAnswer {
  /** The requests of the page. */
  @ApiProperty({ type: [CancellationRequestView], maxItems: PAGE_SIZE_MAX })
  requests!: CancellationRequestView[];
}
