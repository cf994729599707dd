import { ApiProperty } from '@nestjs/swagger';
import { CANCELLATION_STATUSES, RESOLVED_BY } from '#trading';
import {
  AnswerText,
  Flag,
  EXAMPLES,
  NullableText,
  NullableTimeField,
  TimeField,
  UuidField,
} from '../../http/json/fields.js';

/** A cancellation request, as the order's maker sees it. */
export class Cancellation {
  /** The id of the request, the same in the push to the taker. */
  @UuidField()
  request_id!: string;

  /** `requested` and `timed_out` are open: the taker can still answer. */
  @ApiProperty({ enum: CANCELLATION_STATUSES, enumName: 'CancellationStatus' })
  status!: (typeof CANCELLATION_STATUSES)[number];

  /** What the maker gave as reason. */
  @AnswerText(1_000, 'user_requested')
  reason!: string;

  /** When the maker asked. */
  @TimeField()
  requested_at!: string;

  /** When the request times out, or did. Silence never cancels a live lock. */
  @TimeField('2026-01-17T03:01:24.123Z')
  expires_at!: string;

  /** When the request first went out on a live socket of the taker; null while none was connected. */
  @NullableTimeField(EXAMPLES.time)
  pushed_at!: string | null;

  /** When it was accepted or rejected. */
  @NullableTimeField(null)
  resolved_at!: string | null;

  /** What resolved it. */
  @ApiProperty({ enum: RESOLVED_BY, enumName: 'ResolvedBy', nullable: true, example: null })
  resolved_by!: (typeof RESOLVED_BY)[number] | null;

  /** Whether the answer came after the time-out. */
  @Flag(false)
  late!: boolean;

  /** The taker's words. */
  @NullableText(1_000, null)
  message!: string | null;
}
