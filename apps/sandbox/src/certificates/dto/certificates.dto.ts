import { ADDRESS_PATTERN } from '#config';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsObject, IsString, Matches } from 'class-validator';
import { type Certificate, KEY, MAX_ORDERS, RULE_NAMES, RULE_VERDICTS, VERDICTS } from '#certificates';
import { EXAMPLE_ADDRESS, EXAMPLE_TIME } from '../../scenarios/dto/scenarios.dto.js';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const EXAMPLE_ORDER = `0x${'1f'.repeat(32)}`;

/** What a report claims, in so few words that a call can carry it. */
export class CertificateRequest {
  /** An address of the taker whose bot was tried. */
  @Matches(new RegExp(ADDRESS_PATTERN), { message: 'must be 0x and 40 hex digits' })
  @ApiProperty({ type: String, pattern: ADDRESS_PATTERN, example: EXAMPLE_ADDRESS })
  taker_address!: string;

  /** SHA-256 of the report's file as `lockstep certify --json-file` writes it. */
  @Matches(KEY, { message: 'must be 64 lower-case hex digits' })
  @ApiProperty({ type: String, pattern: KEY.source, example: '5e'.repeat(32) })
  report_sha256!: string;

  /** When the certification began. */
  @Matches(TIME, { message: 'must be a time such as 2026-01-17T03:00:24.123Z' })
  @ApiProperty({ type: String, format: 'date-time', example: EXAMPLE_TIME })
  started_at!: string;

  /** Each rule of a whole run by its name, with its verdict. */
  @IsObject({ message: 'must be an object of verdicts by the names of rules' })
  @ApiProperty({
    type: 'object',
    properties: Object.fromEntries(RULE_NAMES.map((name) => [name, { enum: [...RULE_VERDICTS] }])),
    required: [...RULE_NAMES],
    additionalProperties: false,
    example: Object.fromEntries(RULE_NAMES.map((name) => [name, 'pass'])),
  })
  rules!: Record<string, string>;

  /**
   * The orders that the bot answered for or filled, with commas between them: a hash, a colon, and what it said of it: `yes`, `no` or `fill`, or
   * several of them with `+` between them.
   */
  @IsString({ message: 'must be a string' })
  @ApiProperty({ type: String, example: `${EXAMPLE_ORDER}:no+fill`, description: `At most ${MAX_ORDERS}.` })
  orders!: string;
}

export class CertifiedRule {
  /** Of the rule. */
  @ApiProperty({ type: String, example: RULE_NAMES[0] })
  name!: string;

  /** Of the runner. */
  @ApiProperty({ enum: RULE_VERDICTS })
  verdict!: (typeof RULE_VERDICTS)[number];
}

@ApiSchema({ name: 'Certificate' })
export class CertificateView implements Certificate {
  /** Of this form. */
  @ApiProperty({ type: 'integer', enum: [1] })
  version!: 1;

  /** Whose bot was tried. */
  @ApiProperty({ type: String, example: EXAMPLE_ADDRESS })
  taker!: string;

  /** SHA-256 of the report's file. */
  @ApiProperty({ type: String, example: '5e'.repeat(32) })
  report_sha256!: string;

  /** By the rules: `fail` when one failed, `incomplete` when one was not shown that every bot shows. */
  @ApiProperty({ enum: VERDICTS })
  verdict!: Certificate['verdict'];

  /** As the runner judged them. */
  @ApiProperty({ type: [CertifiedRule] })
  rules!: CertifiedRule[];

  /** Orders of the report of which the service's history has what the bot said. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 241 })
  confirmed_orders!: number;

  /** When it was signed. */
  @ApiProperty({ type: String, format: 'date-time', example: EXAMPLE_TIME })
  signed_at!: string;

  /** The Ed25519 public key of who signed: 32 bytes, hex. */
  @ApiProperty({ type: String, example: 'a7'.repeat(32) })
  issuer!: string;

  /** Ed25519, of all the rest: 64 bytes, hex. */
  @ApiProperty({ type: String, example: '0c'.repeat(64) })
  signature!: string;
}

export class CertificateResponse {
  /** 0: success. */
  @ApiProperty({ type: 'integer', enum: [0], example: 0 })
  code!: 0;

  /** What was asked for. */
  @ApiProperty({ type: CertificateView })
  data!: CertificateView;
}
