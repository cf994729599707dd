import { ApiProperty } from '@nestjs/swagger';
import { ORDER_STATUSES } from '#trading';
import {
  EXAMPLES,
  IntegerField,
  NullableTransactionField,
  OrderHashField,
  TextField,
  Uint256Field,
} from '../../http/json/fields.js';
import { PlaceOrderRequest } from '../../orders/dto/place-order.dto.js';

/** The order and its signature as its maker placed it, and what the taker traded. */
export class FillOrderRequest extends PlaceOrderRequest {
  /** Whole units; a fill below the order's quantity is final too. */
  @Uint256Field({ min: 1n, example: '100' })
  fill_quantity!: string;

  /** The part of the order's incentive that the taker asks for, with 18 decimals. */
  @Uint256Field({ example: '500000000000000000' })
  taker_incentive!: string;

  /** The settling transaction, when there is one already. */
  @OrderHashField({ optional: true, example: EXAMPLES.transaction })
  tx_hash?: string;

  /** The block of the settling transaction. */
  @IntegerField({ min: 0, max: Number.MAX_SAFE_INTEGER, optional: true, example: 45_321_977 })
  block_number?: number;

  /** The taker's own name for the trade. */
  @TextField({ max: 200, optional: true, example: 'T-2026-000417' })
  reference_id?: string;
}

export class FillAnswer {
  /** Always true; a refusal is answered with its own code. */
  @ApiProperty({ type: Boolean, enum: [true] })
  success!: boolean;

  /** As the taker gave it. */
  @NullableTransactionField(EXAMPLES.transaction)
  tx_hash!: string | null;

  /** The order hash, lower-case. */
  @OrderHashField()
  order_hash!: string;

  /** Whole units. */
  @Uint256Field({ example: '100' })
  filled_quantity!: string;

  /** Price × quantity, with 18 decimals. */
  @Uint256Field({ example: '18250000000000000000000' })
  filled_amount!: string;

  /** With 18 decimals; Lockstep takes no fee. */
  @Uint256Field({ example: '0' })
  fee_amount!: string;

  /** What the taker gets of the incentive, with 18 decimals. */
  @Uint256Field({ example: '500000000000000000' })
  incentive_amount!: string;

  /** `filled`, or `partially_filled`: the rest is given back. */
  @ApiProperty({ enum: ORDER_STATUSES, enumName: 'OrderStatus', example: 'filled' })
  status!: (typeof ORDER_STATUSES)[number];
}
