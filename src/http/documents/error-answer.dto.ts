import { ApiProperty } from '@nestjs/swagger';
import { API_ERRORS } from '../refusals/api-errors.js';
import type { Failure } from '../refusals/failure.js';

/** Every code by its name. Codes stay open, so that a new one breaks no client: a table, and not a list of values. */
const CODES = Object.entries(API_ERRORS)
  .toSorted(([, a], [, b]) => a.code - b.code)
  .map(([name, { code, message }]) => `| ${code} | \`${name}\` | ${message} |`)
  .join('\n');

/** The envelope of refusals. */
export class ErrorAnswer implements Failure {
  @ApiProperty({
    type: 'integer',
    description: `What went wrong, for programs. More may come.\n\n| code | name | message |\n| --- | --- | --- |\n${CODES}`,
    minimum: 1,
    maximum: 2 ** 31 - 1,
    example: 400001,
  })
  code!: number;

  /** What went wrong, short and stable. */
  @ApiProperty({ type: String, maxLength: 100, example: 'Invalid parameter' })
  message!: string;

  /** What went wrong this time, for a person: the field and the rule, or the state that forbids the call. */
  @ApiProperty({ type: String, example: 'order_hash must be 0x and 64 hex digits' })
  details!: string;

  /** The page that tells what it means and what to do: a path below the service's own address. */
  @ApiProperty({
    type: String,
    pattern: '^/docs/errors/[0-9]+$',
    maxLength: 30,
    example: '/docs/errors/400001',
  })
  docs!: string;
}
