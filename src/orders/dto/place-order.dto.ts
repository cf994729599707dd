import { Type } from 'class-transformer';
import { IsObject, ValidateNested } from 'class-validator';
import { SignatureField } from '../../http/json/fields.js';
import { OrderTerms } from './order-terms.dto.js';

export class PlaceOrderRequest {
  /** The order. */
  @IsObject({ message: 'must be an object' })
  @ValidateNested({ message: 'must be an object' })
  @Type(() => OrderTerms)
  order!: OrderTerms;

  /** The maker's EIP-712 signature of the order: 65 bytes as 0x and hex, or EIP-2098's 64; where a chain is configured, also a contract wallet's. */
  @SignatureField()
  signature!: string;
}
