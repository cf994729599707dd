import { ApiProperty } from '@nestjs/swagger';
import { ORDER_STATUSES } from '#trading';
import { Cancellation } from '../../cancellations/dto/cancellation.dto.js';
import { FillView } from '../../fills/dto/fill.dto.js';
import {
  AddressField,
  EXAMPLES,
  NullableAddressField,
  NullableText,
  NullableTimeField,
  OrderHashField,
  SignatureField,
  TimeField,
  Uint256Field,
  UuidField,
} from '../../http/json/fields.js';
import { OrderTerms } from './order-terms.dto.js';

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
  @NullableAddressField(null)
  locked_by!: string | null;

  /** When its lock runs out by itself; null when nobody holds the order. */
  @NullableTimeField(null)
  lock_expires_at!: string | null;

  /** What a person should know: why it was rejected, suspended or cancelled by hand. */
  @NullableText(1_000, null)
  notes!: string | null;

  /** When it was placed. */
  @TimeField()
  created_at!: string;

  /** When it or its cancellation request last changed. */
  @TimeField()
  updated_at!: string;

  /** The latest cancellation request; null when there was none. */
  @ApiProperty({ type: Cancellation, nullable: true, example: null })
  cancellation!: Cancellation | null;

  /** Its fill, when it is filled or partially filled; else empty. */
  @ApiProperty({ type: [FillView], maxItems: 1, example: [] })
  fills!: FillView[];
}

export class NextNonceAnswer {
  /** The wallet that is logged in. */
  @AddressField({ example: EXAMPLES.maker })
  maker!: string;

  /** The smallest nonce above all that this maker has used. */
  @ApiProperty({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, example: 1 })
  next_nonce!: number;
}
