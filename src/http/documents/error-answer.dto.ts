import { ApiProperty } from '@nestjs/swagger';
import type { Failure } from '../refusals/failure.js';

/** The envelope of refusals. */
export class ErrorAnswer implements Failure {
  /** What went wrong, for programs. */
  @ApiProperty({ type: 'integer', example: 400001 })
  code!: number;

  /** What went wrong, short and stable. */
  @ApiProperty({ type: String, example: 'Invalid parameter' })
  message!: string;

  /** What went wrong this time, for a person: the field and the rule, or the state that forbids the call. */
  @ApiProperty({ type: String, example: 'order_hash must be 0x and 64 hex digits' })
  details!: string;

  /** The page that tells what it means and what to do: a path below the service's own address. */
  @ApiProperty({ type: String, example: '/docs/errors/400001' })
  docs!: string;
}
