import { ApiProperty, PickType } from '@nestjs/swagger';
import { AnswerText, TextField, UuidField } from '../../http/json/fields.js';
import { Cancellation } from './cancellation.dto.js';

export class CancelOrderRequest {
  /** Told to the taker; `user_requested` when left out. */
  @TextField({ max: 1000, optional: true, example: 'user_requested' })
  reason?: string;
}

/** The order was pending and is cancelled now. */
export class OrderCancelled {
  /** Whether the order is cancelled. */
  @ApiProperty({ type: Boolean, enum: [true] })
  success!: boolean;

  /** The service's own id of the order. */
  @UuidField()
  order_id!: string;

  /** Where the order stands now. */
  @ApiProperty({ type: String, enum: ['cancelled'] })
  status!: string;

  /** Says it for a person. */
  @AnswerText(200, 'Order cancelled successfully')
  message!: string;
}

export class CancellationSummary extends PickType(Cancellation, [
  'request_id',
  'status',
  'requested_at',
  'expires_at',
  'pushed_at',
] as const) {}

/** A taker holds the order and has been asked; the order is not cancelled (yet). */
export class CancellationRequested {
  /** Whether the order is cancelled. */
  @ApiProperty({ type: Boolean, enum: [false] })
  success!: boolean;

  /** The service's own id of the order. */
  @UuidField()
  order_id!: string;

  /** Tells this answer from that of an order that was cancelled at once. */
  @ApiProperty({ type: String, enum: ['cancellation_requested'] })
  status!: string;

  /** Says it for a person. */
  @AnswerText(200, 'The taker that holds the order has been asked to cancel it')
  message!: string;

  /** The open request. */
  cancellation!: CancellationSummary;
}
