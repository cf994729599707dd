import { ApiProperty, OmitType } from '@nestjs/swagger';
import { ORDER_STATUSES, type OrderStatus, type TakerSortColumn } from '#trading';
import { LIST_MAX } from '../../http/documents/api-answers.js';
import {
  EXAMPLES,
  NullableAddressField,
  OrderHashField,
  TickerField,
  NullableText,
  NullableTimeField,
  NullableTransactionField,
} from '../../http/json/fields.js';
import {
  BooleanQuery,
  ChoiceQuery,
  ChoicesQuery,
  IntegerQuery,
  TimeQuery,
} from '../../http/json/query-fields.js';
import { PAGE_SIZE_MAX, PageAnswer, SortedPageQuery } from '../../http/pages/page.dto.js';
import { OrderView } from './order.dto.js';

const SORT_COLUMNS = ['created_at', 'locked_at', 'price'] as const satisfies TakerSortColumn[];

/** Narrows a taker's list; everything given must hold. */
export class TakerOrdersQuery extends SortedPageQuery {
  /** Comma-separated; an order in any of them. */
  @ChoicesQuery(ORDER_STATUSES, 'OrderStatus')
  status?: OrderStatus[];

  /** The whole ticker. */
  @TickerField({ optional: true })
  ticker?: string;

  /** The exchange; 0 is NASDAQ. */
  @IntegerQuery({ min: 0, max: 65_535, example: 0 })
  exchange?: number;

  /** Whether the maker buys. */
  @BooleanQuery()
  is_buy?: boolean;

  /** Orders placed then or later. */
  @TimeQuery()
  created_after?: number;

  /** Orders placed before then. */
  @TimeQuery()
  created_before?: number;

  /** What to sort by. */
  @ChoiceQuery(SORT_COLUMNS, 'TakerOrdersSort')
  sort_by: TakerSortColumn = 'created_at';
}

/** Which of the orders that can be locked, oldest first. */
export class AvailableOrdersQuery {
  /** At most so many orders. */
  @IntegerQuery({ min: 1, max: LIST_MAX, example: LIST_MAX })
  limit: number = LIST_MAX;

  /** Only orders that come after the one with this hash; the header Link has the one that leads on. */
  @OrderHashField({ optional: true })
  after?: string;
}

/**
 * An order that the taker can lock, holds, or held once. `cancellation` is the latest that this taker was asked for, and of
 * other takers nothing is told.
 */
export class TakerOrderView extends OmitType(OrderView, ['status', 'locked_by', 'lock_expires_at'] as const) {
  /** Where the order stands. */
  @ApiProperty({ enum: ORDER_STATUSES, enumName: 'OrderStatus', example: 'locked' })
  status!: OrderStatus;

  /** The taker's address that holds the lock, or held the last one; null when that was not this taker. */
  @NullableAddressField(EXAMPLES.taker)
  locked_by!: string | null;

  /** When its lock runs out by itself; null when nobody holds the order. */
  @NullableTimeField('2026-01-17T04:00:24.123Z')
  lock_expires_at!: string | null;

  /** When that lock was taken. */
  @NullableTimeField(EXAMPLES.time)
  locked_at!: string | null;

  /** The taker's own name for the trade, when the order is filled. */
  @NullableText(200, null)
  reference_id!: string | null;

  /** The settling transaction, when the order is filled and the taker gave one. */
  @NullableTransactionField(null)
  tx_hash!: string | null;
}

export class TakerOrdersAnswer extends PageAnswer {
  /** The orders of the page. */
  @ApiProperty({ type: [TakerOrderView], maxItems: PAGE_SIZE_MAX })
  orders!: TakerOrderView[];
}
