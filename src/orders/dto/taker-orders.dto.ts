import { ApiProperty } from '@nestjs/swagger';
import { ORDER_STATUSES, type OrderStatus, type TakerSortColumn } from '#trading';
import { AddressField, EXAMPLES, TickerField, TimeField } from '../../http/fields.js';
import { BooleanQuery, ChoiceQuery, ChoicesQuery, IntegerQuery, TimeQuery } from '../../http/query-fields.js';
import { OrderView } from './order.dto.js';
import { PageAnswer, SortedPageQuery } from './page.dto.js';

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

/** Which page of the orders that can be locked, newest first. */
export class AvailableOrdersQuery {
  /** From 1. */
  @IntegerQuery({ min: 1, max: 100_000, example: 1 })
  page: number = 1;

  /** Orders of a page. */
  @IntegerQuery({ min: 1, max: 500, example: 500 })
  page_size: number = 500;
}

/** An order that the taker holds, or held last. `cancellation` is the latest that this taker was asked for. */
export class TakerOrderView extends OrderView {
  /** The taker's address that holds the lock, or held it last. */
  @AddressField()
  locked_by!: string;

  /** When that lock was taken. */
  @TimeField()
  locked_at!: string;

  /** When the lock runs out; null when it has ended. */
  @TimeField({ nullable: true })
  lock_expires_at!: string | null;

  /** The taker's own name for the trade, when the order is filled. */
  @ApiProperty({ type: String, nullable: true, example: 'T-2026-000417' })
  reference_id!: string | null;

  /** The settling transaction, when the order is filled and the taker gave one. */
  @ApiProperty({ type: String, nullable: true, example: EXAMPLES.hash })
  tx_hash!: string | null;
}

export class TakerOrdersAnswer extends PageAnswer {
  /** The orders of the page. */
  @ApiProperty({ type: [TakerOrderView] })
  orders!: TakerOrderView[];
}
