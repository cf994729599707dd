import { ORDER_TYPES } from '#trading';
import { ApiProperty } from '@nestjs/swagger';
import { AnswerText, Flag, LENGTHS, PATTERNS, TimeField } from '../../http/json/fields.js';

/** A whole number, with an example. */
const Whole = (example: number, minimum = 0) =>
  ApiProperty({ type: 'integer', minimum, maximum: Number.MAX_SAFE_INTEGER, example });

/** The names within are those of EIP-712, so that wallets take it as it is. */
export class Eip712Domain {
  /** Of the contract. */
  @ApiProperty({ type: String, enum: ['RFQSettlement'] })
  name!: string;

  /** Of the contract. */
  @ApiProperty({ type: String, enum: ['1'] })
  version!: string;

  /** The chain's EIP-155 id. */
  @Whole(97, 1)
  chainId!: number;

  /** The contract that settles orders. */
  @ApiProperty({
    type: String,
    pattern: PATTERNS.address,
    maxLength: LENGTHS.address,
    example: '0xCB310C56A19078aA969A922f382613d932D89D83',
  })
  verifyingContract!: string;
}

export class Eip712Field {
  /** Of the field. */
  @AnswerText(100, 'maker')
  name!: string;

  /** Of its values. */
  @AnswerText(100, 'address')
  type!: string;
}

export class Eip712Types {
  /** The fields of an order, in this order. */
  @ApiProperty({ type: [Eip712Field], maxItems: ORDER_TYPES.Order.length, example: ORDER_TYPES.Order })
  Order!: Eip712Field[];
}

/** What makers sign. */
export class Eip712Config {
  /** Where orders are signed for. */
  @ApiProperty({ type: Eip712Domain })
  domain!: Eip712Domain;

  /** Its types. */
  @ApiProperty({ type: Eip712Types })
  types!: Eip712Types;

  /** What is signed of them. */
  @ApiProperty({ type: String, enum: ['Order'] })
  primaryType!: string;
}

/** 0: no limit. What is beyond is answered with 429001. */
export class Limits {
  /** Calls a second of one API key or wallet, or of one address before login. */
  @Whole(200)
  requests_per_second!: number;

  /** Open sockets of one API key or wallet on one instance. */
  @Whole(100)
  sockets_per_caller!: number;

  /** Orders of one maker that are not final. */
  @Whole(1_000)
  open_orders_per_maker!: number;

  /** Orders that one maker may place in a minute. */
  @Whole(120)
  orders_per_minute_per_maker!: number;

  /** Locks that one taker may hold. */
  @Whole(1_000)
  locks_per_taker!: number;
}

export class ConfigAnswer {
  /** How orders are signed here. */
  @ApiProperty({ type: Eip712Config })
  eip712!: Eip712Config;

  /** The chain's EIP-155 id, the one that logins name too. */
  @Whole(97, 1)
  chain_id!: number;

  /** How far ahead a new order's deadline must lie. */
  @Whole(2_592_000)
  order_min_validity_seconds!: number;

  /** By how much it may fall short of that. */
  @Whole(300)
  deadline_tolerance_seconds!: number;

  /** How long a lock lives, unless its taker says otherwise. */
  @Whole(3_600)
  lock_ttl_seconds!: number;

  /** How long a lock can live in all. */
  @Whole(604_800)
  lock_max_seconds!: number;

  /** After which a cancellation request has timed out. It can still be answered. */
  @Whole(60)
  cancellation_timeout_seconds!: number;

  /** For how long after a refused cancellation the same order's taker is not asked again. */
  @Whole(10)
  cancellation_cooldown_seconds!: number;

  /** Where makers may log in: what an EIP-4361 message must name. Empty: anywhere. */
  @ApiProperty({ type: [String], example: ['app.example.com'] })
  login_domains!: string[];

  /** For how long events are kept: what sockets and pages replay, and histories show. */
  @Whole(30)
  event_retention_days!: number;

  /** Whether this is a sandbox: simulated makers and takers trade here, and `/sandbox/scenarios` starts scenarios. */
  @Flag(false)
  sandbox!: boolean;

  /** With which this sandbox signs certificates: an Ed25519 public key of 32 bytes, hex. Null where this is no sandbox. */
  @ApiProperty({ type: String, nullable: true, pattern: '^[0-9a-f]{64}$', maxLength: 64, example: null })
  certificate_public_key!: string | null;

  /** How much one may ask for. */
  @ApiProperty({ type: Limits })
  limits!: Limits;

  /** The server's time. */
  @TimeField()
  server_time!: string;

  /** Of the service. */
  @AnswerText(100, '0.1.0')
  version!: string;
}
