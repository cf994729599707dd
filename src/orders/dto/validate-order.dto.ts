import { ApiProperty } from '@nestjs/swagger';
import { Flag, LENGTHS, OrderHashField, PATTERNS } from '../../http/json/fields.js';

/** An amount of the order's asset in its smallest unit; null when it is not known. */
const funds = {
  type: String,
  nullable: true,
  pattern: PATTERNS.uint256,
  maxLength: LENGTHS.uint256,
  example: '25000000000000000000000',
} as const;

export class ValidateAnswer {
  /** Whether nothing speaks against trading the order: `errors` is empty. */
  @Flag(true)
  valid!: boolean;

  /** The EIP-712 hash of the order, lower-case. */
  @OrderHashField()
  order_hash!: string;

  /** For a person, one for each failed check. */
  @ApiProperty({ type: [String], example: [] })
  errors!: string[];

  /** What the maker holds of `asset`; null without a configured chain, and when the chain could not be read. */
  @ApiProperty(funds)
  maker_balance!: string | null;

  /** What the settlement contract may take of the maker's `asset`; null as `maker_balance` is. */
  @ApiProperty(funds)
  maker_allowance!: string | null;

  /** Whether no other order of the maker has used the nonce; an order that is placed keeps its own. */
  @Flag(true)
  nonce_valid!: boolean;

  /** Whether `order.maker` signed this order, for this service's chain and contract. */
  @Flag(true)
  signature_valid!: boolean;

  /** Whether the deadline lies ahead, by the database's clock. */
  @Flag(true)
  not_expired!: boolean;
}
