import { Injectable, type PipeTransform } from '@nestjs/common';
import type { OrderReference } from '#trading';
import { isOrderHash, isUuid } from '../http/json/fields.js';
import { ApiError } from '../http/refusals/api-errors.js';

/** `{order_hash}` in a path. */
@Injectable()
export class OrderHashPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (isOrderHash(value)) return value.toLowerCase();
    throw new ApiError('INVALID_PARAMETER', 'order_hash must be 0x and 64 hex digits');
  }
}

/** `{order_id}` in a path: the order's UUID or its hash. */
@Injectable()
export class OrderReferencePipe implements PipeTransform<string, OrderReference> {
  transform(value: string): OrderReference {
    if (isUuid(value)) return { id: value.toLowerCase() };
    if (isOrderHash(value)) return { order_hash: value.toLowerCase() };
    throw new ApiError(
      'INVALID_PARAMETER',
      'order_id must be a UUID or an order hash (0x and 64 hex digits)',
    );
  }
}
