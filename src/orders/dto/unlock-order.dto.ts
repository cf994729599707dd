import { ApiProperty } from '@nestjs/swagger';
import { OrderHashField } from '../../http/fields.js';

export class UnlockOrderRequest {
  @OrderHashField()
  order_hash!: string;
}

export class UnlockAnswer {
  @ApiProperty({ type: Boolean, enum: [true] })
  success!: boolean;

  @OrderHashField()
  order_hash!: string;

  @ApiProperty({ type: String, enum: ['Order unlocked successfully'] })
  message!: string;
}
