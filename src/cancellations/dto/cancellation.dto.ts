import { ApiProperty } from '@nestjs/swagger';
import { CANCELLATION_STATUSES, RESOLVED_BY } from '#trading';
import { TimeField, UuidField } from '../../http/json/fields.js';

/** A cancellation request, as the order's maker sees it. */
export class Cancellation {
  /** The id of the request, the same in the push to the taker. */
  @UuidField()
  request_id!: string;

  /** `requested` and `timed_out` are open: the taker can still answer. */
  @ApiProperty({ enum: CANCELLATION_STATUSES, enumName: 'CancellationStatus' })
  status!: (typeof CANCELLATION_STATUSES)[number];

  /** What the maker gave as reason. */
  @ApiProperty({ type: String, example: 'user_requested' })
  reason!: string;

  /** When the maker asked. */
  @TimeField()
  requested_at!: string;

  /** When the request times out, or did. Silence never cancels a live lock. */
  @TimeField()
  expires_at!: string;

  /** When the request first went out on a live socket of the taker; null while none was connected. */
  @TimeField({ nullable: true })
  pushed_at!: string | null;

  /** When it was accepted or rejected. */
  @TimeField({ nullable: true })
  resolved_at!: string | null;

  /** What resolved it. */
  @ApiProperty({ enum: RESOLVED_BY, enumName: 'ResolvedBy', nullable: true })
  resolved_by!: (typeof RESOLVED_BY)[number] | null;

  /** Whether the answer came after the time-out. */
  late!: boolean;

  /** The taker's words. */
  @ApiProperty({ type: String, nullable: true, example: 'Not traded yet, cancelled' })
  message!: string | null;
}
