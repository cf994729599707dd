import { ApiProperty } from '@nestjs/swagger';
import { OrderHashField, TextField } from '../../http/json/fields.js';

export class RejectOrderRequest {
  /** The order hash. */
  @OrderHashField()
  order_hash!: string;

  /** Why the taker turns the order down. */
  @TextField({ max: 1000, example: 'The instrument is halted' })
  reason!: string;
}

export class RejectAnswer {
  /** Always true; a refusal is answered with its own code. */
  @ApiProperty({ type: Boolean, enum: [true] })
  success!: boolean;

  /** The order hash, lower-case. */
  @OrderHashField()
  order_hash!: string;

  /** Says it for a person. */
  @ApiProperty({ type: String, enum: ['Order rejected successfully'] })
  message!: string;
}
