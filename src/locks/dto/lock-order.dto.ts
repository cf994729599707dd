import { LONGEST_LOCK_SECONDS } from '#config';
import { ApiProperty } from '@nestjs/swagger';
import { AddressField, IntegerField, OrderHashField, TimeField } from '../../http/json/fields.js';

export class LockOrderRequest {
  /** The order hash. */
  @OrderHashField()
  order_hash!: string;

  /** The address that is to hold the lock, one of the API key's taker. May be left out where that has only one. */
  @AddressField({ optional: true })
  taker_address?: string;

  /**
   * Seconds, at most {{LOCK_MAX_SECONDS}}; when left out, {{LOCK_TTL_SECONDS}}. Of a lock that the address holds already, the new
   * end, if it is later: at most {{LOCK_MAX_SECONDS}} seconds after the lock was taken.
   */
  @IntegerField({ min: 1, max: LONGEST_LOCK_SECONDS, optional: true, example: 3600 })
  lock_duration?: number;
}

export class LockAnswer {
  /** Always true; a refusal is answered with its own code. */
  @ApiProperty({ type: Boolean, enum: [true] })
  success!: boolean;

  /** The order hash, lower-case. */
  @OrderHashField()
  order_hash!: string;

  /** The address that holds the lock. */
  @AddressField()
  locked_by!: string;

  /** When the lock was taken. */
  @TimeField()
  locked_at!: string;

  /** When the lock runs out by itself. */
  @TimeField('2026-01-17T04:00:24.123Z')
  expires_at!: string;
}
