import { ApiProperty } from '@nestjs/swagger';
import { CANCELLATION_STATUSES, ORDER_STATUSES, RESOLUTIONS } from '#trading';
import {
  AddressField,
  NullableAddressField,
  OrderHashField,
  SignatureField,
  TimeField,
  Uint256Field,
  UuidField,
} from '../../http/json/fields.js';
import { FillView } from './fill.dto.js';
import { OrderTerms } from './order-terms.dto.js';

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
  @ApiProperty({ enum: RESOLUTIONS, enumName: 'ResolvedBy', nullable: true })
  resolved_by!: (typeof RESOLUTIONS)[number] | null;

  /** Whether the answer came after the time-out. */
  late!: boolean;

  /** The taker's words. */
  @ApiProperty({ type: String, nullable: true, example: 'Not traded yet, cancelled' })
  message!: string | null;
}

/** An order, as its maker sees it. */
export class OrderView extends OrderTerms {
  /** The service's own id of the order. */
  @UuidField()
  id!: string;

  /** The maker's EIP-712 signature; that of a key-held wallet has 65 bytes and ends with 0x1b or 0x1c. */
  @SignatureField()
  signature!: string;

  /** The EIP-712 hash of the order, lower-case. */
  @OrderHashField()
  order_hash!: string;

  /** Where the order stands. */
  @ApiProperty({ enum: ORDER_STATUSES, enumName: 'OrderStatus' })
  status!: (typeof ORDER_STATUSES)[number];

  /** Whole units. */
  @Uint256Field({ example: '0' })
  filled_quantity!: string;

  /** The taker's address that holds the order; null when nobody does. */
  @NullableAddressField()
  locked_by!: string | null;

  /** When its lock runs out by itself; null when nobody holds the order. */
  @TimeField({ nullable: true })
  lock_expires_at!: string | null;

  /** What a person should know: why it was rejected, suspended or cancelled by hand. */
  @ApiProperty({ type: String, nullable: true, example: 'The instrument is halted' })
  notes!: string | null;

  /** When it was placed. */
  @TimeField()
  created_at!: string;

  /** When it or its cancellation request last changed. */
  @TimeField()
  updated_at!: string;

  /** The latest cancellation request; null when there was none. */
  @ApiProperty({ type: Cancellation, nullable: true })
  cancellation!: Cancellation | null;

  /** Its fill, when it is filled or partially filled; else empty. */
  @ApiProperty({ type: [FillView] })
  fills!: FillView[];
}

export class NextNonceAnswer {
  /** The wallet that is logged in. */
  @AddressField()
  maker!: string;

  /** The smallest nonce above all that this maker has used. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 7 })
  next_nonce!: number;
}
