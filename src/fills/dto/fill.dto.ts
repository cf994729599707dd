import { ApiProperty } from '@nestjs/swagger';
import { FILL_STATUSES } from '#trading';
import {
  AddressField,
  EXAMPLES,
  NullableText,
  NullableTransactionField,
  OrderHashField,
  TimeField,
  Uint256Field,
  UuidField,
} from '../../http/json/fields.js';

/** What a taker filled of an order. */
export class FillView {
  /** The service's own id of the fill. */
  @UuidField()
  id!: string;

  /** The service's own id of the order. */
  @UuidField()
  order_id!: string;

  /** The order hash, lower-case. */
  @OrderHashField()
  order_hash!: string;

  /** The address that held the lock. */
  @AddressField()
  taker!: string;

  /** Whole units. */
  @Uint256Field({ example: '100' })
  fill_quantity!: string;

  /** Price × quantity, with 18 decimals. */
  @Uint256Field({ example: '18250000000000000000000' })
  fill_amount!: string;

  /** With 18 decimals; Lockstep takes no fee. */
  @Uint256Field({ example: '0' })
  fee_amount!: string;

  /** What the taker gets of the incentive, with 18 decimals. */
  @Uint256Field({ example: '500000000000000000' })
  incentive_amount!: string;

  /** What the taker asked for of the incentive, with 18 decimals. */
  @Uint256Field({ example: '500000000000000000' })
  taker_incentive!: string;

  /** The settling transaction, as the taker gave it. */
  @NullableTransactionField(EXAMPLES.transaction)
  tx_hash!: string | null;

  /** The block of the settling transaction, as the taker gave it. */
  @ApiProperty({
    type: 'integer',
    nullable: true,
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    example: 45_321_977,
  })
  block_number!: number | null;

  /** What it made of the order. */
  @ApiProperty({ enum: FILL_STATUSES, enumName: 'FillStatus' })
  status!: (typeof FILL_STATUSES)[number];

  /** The taker's own name for the trade. */
  @NullableText(200, 'T-2026-000417')
  reference_id!: string | null;

  /** When it was reported. */
  @TimeField()
  created_at!: string;
}
