import {
  AddressField,
  BooleanField,
  EXAMPLES,
  IntegerField,
  TickerField,
  Uint256Field,
} from '../../http/json/fields.js';

/** 9999-12-31T23:59:59Z, the last second that ISO 8601 can write with four-digit years. */
const LAST_DEADLINE = 253_402_300_799;
/** One below 2^53 - 1, so that the nonce after it is still a safe integer. */
const LAST_NONCE = Number.MAX_SAFE_INTEGER - 1;

/** The order as its maker signs it (EIP-712 primary type `Order`). */
export class OrderTerms {
  /** The wallet that signs. */
  @AddressField({ example: EXAMPLES.maker })
  maker!: string;

  /** The address that receives. */
  @AddressField({ example: EXAMPLES.maker })
  principal!: string;

  /** Whether the maker buys. */
  @BooleanField({ example: true })
  is_buy!: boolean;

  /** The stock's symbol. */
  @TickerField()
  ticker!: string;

  /** The exchange; 0 is NASDAQ. */
  @IntegerField({ min: 0, max: 65_535, example: 0 })
  exchange!: number;

  /** The token's address. */
  @AddressField({ example: EXAMPLES.asset })
  asset!: string;

  /** Price of a unit, with 18 decimals. */
  @Uint256Field({ min: 1n, example: '182500000000000000000' })
  price!: string;

  /** Whole units. */
  @Uint256Field({ min: 1n, example: '100' })
  quantity!: string;

  /** What the maker adds for the taker, with 18 decimals. */
  @Uint256Field({ example: '500000000000000000' })
  incentive!: string;

  /** When the order expires, Unix seconds: at least {{ORDER_MIN_VALIDITY_HOURS}} hours ahead when it is placed. */
  @IntegerField({ min: 1, max: LAST_DEADLINE, example: 4_102_444_800 })
  deadline!: number;

  /** Works once for each maker; see next-nonce. */
  @IntegerField({ min: 0, max: LAST_NONCE, example: 0 })
  nonce!: number;
}
