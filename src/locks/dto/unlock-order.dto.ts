import { ApiProperty } from '@nestjs/swagger';
import { OrderHashField } from '../../http/json/fields.js';

export class UnlockOrderRequest {
  /** The order hash. */
  @OrderHashField()
  order_hash!: string;
}

export class UnlockAnswer {
  /** Always true; a refusal is answered with its own code. */
  @ApiProperty({ type: Boolean, enum: [true] })
  success!: boolean;

  /** The order hash, lower-case. */
  @OrderHashField()
  order_hash!: string;

  /** Says it for a person. */
  @ApiProperty({ type: String, enum: ['Order unlocked successfully'] })
  message!: string;
}
