import { applyDecorators } from '@nestjs/common';
import { ADDRESS_PATTERN, TICKER_PATTERN } from '#config';
import { isAddressText, UINT256_MAX } from '#trading';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ValidateBy, ValidateIf } from 'class-validator';

/**
 * The kinds of fields that the API has. Each is one rule, said in one phrase, and its shape in the OpenAPI document.
 * Patterns spell out both cases of hex digits, because a document cannot carry a regular expression's flags.
 */
interface FieldOptions {
  optional?: boolean;
  example?: unknown;
}

export const PATTERNS = {
  address: ADDRESS_PATTERN,
  hash: '^0x[0-9a-fA-F]{64}$',
  signature: '^0x([0-9a-fA-F]{2})*$',
  uint256: '^(0|[1-9][0-9]{0,77})$',
  uuid: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
  ticker: TICKER_PATTERN,
} as const;

/**
 * One order, from its placing to its fill. The maker is the first wallet of every development chain, whose key is public: the
 * hash and the signatures are those of the example order and the example login, in the default domain.
 */
export const EXAMPLES = {
  maker: '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
  taker: '0x71c7656ec7ab88b098defb751b7401b5f6d8976f',
  asset: '0x55d3656ec7ab88b098defb751b7401b5f6d8976f',
  hash: '0x38bd61f109d8caec42dfd3694303320696cad9135fe7d3919ddae3e8910b5a54',
  transaction: '0x1f9090aae28b8a3dceadf281b0f12828e676c3260c9a5c5a1d9c0b6e5d4f3a2b',
  uuid: '8b9ad3ad-4d0c-4f3e-9a26-5b1f1b5a9c11',
  signature:
    '0x2bd18510351b1a94722c0d509187f5bb2397d3ebd42fe5f5e2cca49ddda77a721045eb6e8910a06388d3b36dd8fd152d496b5142de0793e7bcd643fee2222c0d1c',
  loginSignature:
    '0x9c0dedfcaa05901f9b2cb13525e8f4656586b4aaf7edcfda7c6efd68f56a6fc24ee86b3471733203c4fa9093edf2f2db0125dcb18a3c7e5eddb2434a96c9008b1c',
  time: '2026-01-17T03:00:24.123Z',
} as const;

/** Characters of what has one length, and of the longest uint256 and ticker. */
export const LENGTHS = { address: 42, hash: 66, uuid: 36, uint256: 78, ticker: 32, time: 24 } as const;

const regexes = Object.fromEntries(
  Object.entries(PATTERNS).map(([name, pattern]) => [name, new RegExp(pattern)]),
) as Record<keyof typeof PATTERNS, RegExp>;

const matches = (pattern: keyof typeof PATTERNS, value: unknown): value is string =>
  typeof value === 'string' && regexes[pattern].test(value);

export const isAddress = (value: unknown): boolean => typeof value === 'string' && isAddressText(value);

export const isOrderHash = (value: unknown): boolean => matches('hash', value);
export const isUuid = (value: unknown): boolean => matches('uuid', value);
/** 0x and 4 KiB in hex. */
export const SIGNATURE_MAX = 2 + 2 * 4_096;
export const isSignature = (value: unknown): boolean =>
  matches('signature', value) && value.length <= SIGNATURE_MAX;

/** As clients send it that write all fields they know. */
const NullIsAbsent = Transform(({ value }) => value ?? undefined);

/** A kind of field: its rule, what it accepts, and its shape in the document. */
export function field(
  rule: string,
  accepts: (value: unknown) => boolean,
  schema: ApiPropertyOptions,
  { optional = false, example }: FieldOptions = {},
): PropertyDecorator {
  const check = ValidateBy({ name: 'rule', validator: { validate: accepts, defaultMessage: () => rule } });
  const shape = {
    ...(optional && { nullable: true }),
    ...schema,
    ...(example !== undefined && { example }),
    required: !optional,
  };
  const decorators = [check, ApiProperty(shape as ApiPropertyOptions)];
  if (optional)
    decorators.push(
      NullIsAbsent,
      ValidateIf((_, value) => value !== undefined),
    );
  return applyDecorators(...decorators);
}

export const AddressField = (options?: FieldOptions) =>
  field(
    'must be 0x and 40 hex digits, with a valid EIP-55 checksum when the case is mixed',
    isAddress,
    { type: String, pattern: PATTERNS.address, maxLength: LENGTHS.address, example: EXAMPLES.taker },
    options,
  );

export const OrderHashField = (options?: FieldOptions) =>
  field(
    'must be 0x and 64 hex digits',
    isOrderHash,
    { type: String, pattern: PATTERNS.hash, maxLength: LENGTHS.hash, example: EXAMPLES.hash },
    options,
  );

/** Of a key-held wallet 65 or 64 bytes; of a contract wallet any, within bounds. */
export const SignatureField = (options?: FieldOptions) =>
  field(
    'must be a signature: 0x and two hex digits for each of at most 4,096 bytes',
    isSignature,
    { type: String, pattern: PATTERNS.signature, maxLength: SIGNATURE_MAX, example: EXAMPLES.signature },
    options,
  );

export const UuidField = (options?: FieldOptions) =>
  field(
    'must be a UUID',
    isUuid,
    { type: String, format: 'uuid', maxLength: LENGTHS.uuid, example: EXAMPLES.uuid },
    options,
  );

export const Uint256Field = ({ min = 0n, ...options }: FieldOptions & { min?: bigint } = {}) =>
  field(
    `must be a whole number from ${min} to 2^256-1 as a decimal string without leading zeros`,
    (value) => matches('uint256', value) && BigInt(value) >= min && BigInt(value) <= UINT256_MAX,
    { type: String, pattern: PATTERNS.uint256, maxLength: LENGTHS.uint256, example: '1000000000000000000' },
    options,
  );

export const IntegerField = ({ min, max, ...options }: FieldOptions & { min: number; max: number }) =>
  field(
    `must be a whole number from ${min} to ${max}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
    { type: 'integer', minimum: min, maximum: max },
    options,
  );

export const BooleanField = (options?: FieldOptions) =>
  field('must be true or false', (value) => typeof value === 'boolean', { type: Boolean }, options);

const NUL = '\u0000';

/** Free text that PostgreSQL can hold; its length is counted in Unicode code points. */
export const TextField = ({ min = 1, max, ...options }: FieldOptions & { min?: number; max: number }) =>
  field(
    `must be a string of ${min} to ${max.toLocaleString('en')} characters, without NUL and lone surrogates`,
    (value) =>
      typeof value === 'string' &&
      value.length >= min &&
      [...value].length <= max &&
      !value.includes(NUL) &&
      value.isWellFormed(),
    { type: String, minLength: min, maxLength: max },
    options,
  );

/** Text that is never refused for its words: it is cut, and what cannot be kept becomes U+FFFD. */
export const KeptTextField = ({ max, ...options }: FieldOptions & { max: number }) =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string'
        ? [...value.toWellFormed().replaceAll(NUL, '\uFFFD')].slice(0, max).join('')
        : value,
    ),
    field('must be a string', (value) => typeof value === 'string', { type: String }, options),
  );

export const TickerField = (options?: FieldOptions) =>
  field(
    'must be a ticker of 1 to 32 printable ASCII characters, without a space at either end',
    (value) => matches('ticker', value),
    { type: String, pattern: PATTERNS.ticker, maxLength: LENGTHS.ticker, example: 'AAPL' },
    options,
  );

/** An address or none, in answers only. */
export const NullableAddressField = (example: string | null) =>
  ApiProperty({
    type: String,
    nullable: true,
    pattern: PATTERNS.address,
    maxLength: LENGTHS.address,
    example,
  });

/** A transaction's hash or none, in answers only. */
export const NullableTransactionField = (example: string | null) =>
  ApiProperty({ type: String, nullable: true, pattern: PATTERNS.hash, maxLength: LENGTHS.hash, example });

/** Text of the service's or of somebody's, in answers only. */
export const AnswerText = (maxLength: number, example: string) =>
  ApiProperty({ type: String, maxLength, example });

/** The same, or none. */
export const NullableText = (maxLength: number, example: string | null) =>
  ApiProperty({ type: String, nullable: true, maxLength, example });

/** Yes or no, in answers only. */
export const Flag = (example: boolean) => ApiProperty({ type: Boolean, example });

/** A moment, in answers only: ISO 8601 in UTC with milliseconds. */
export const TimeField = (example: string = EXAMPLES.time) => ApiProperty(timeSchema(example));

/** A moment or none, in answers only. */
export const NullableTimeField = (example: string | null) =>
  ApiProperty({ ...timeSchema(example), nullable: true });

const timeSchema = (example: string | null) =>
  ({ type: String, format: 'date-time', maxLength: LENGTHS.time, example }) as const;
