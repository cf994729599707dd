import { ApiProperty } from '@nestjs/swagger';
import {
  AddressField,
  BooleanField,
  KeptTextField,
  OrderHashField,
  UuidField,
} from '../../http/json/fields.js';

export class CancelResultRequest {
  /** The order that the request was about. */
  @OrderHashField()
  order_hash!: string;

  /** The address that holds the lock; one of the API key's taker. */
  @AddressField()
  taker_address!: string;

  /** The verdict: true gives the order up, false keeps it locked to complete the trade. */
  @BooleanField({ example: true })
  cancellation_success!: boolean;

  /** Kept, and shown to the maker: 1,000 characters of it, with U+FFFD for NUL and lone surrogates. */
  @KeptTextField({ max: 1000, example: 'Not traded yet, cancelled' })
  message!: string;

  /** The request being answered, from the push's metadata; when left out, the latest one to this address. */
  @UuidField({ optional: true })
  request_id?: string;
}

export class CancelResultAnswer {
  /** Always true; a refusal is answered with its own code. */
  @ApiProperty({ type: Boolean, enum: [true] })
  success!: boolean;

  /** Says it for a person. */
  @ApiProperty({ type: String, enum: ['Cancellation result recorded'] })
  message!: string;

  /** The order hash, lower-case. */
  @OrderHashField()
  order_hash!: string;
}
