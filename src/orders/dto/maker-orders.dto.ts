import { ApiProperty } from '@nestjs/swagger';
import { type MakerSortColumn, ORDER_STATUSES, type OrderStatus } from '#trading';
import { AddressField, OrderHashField, TickerField, Uint256Field } from '../../http/json/fields.js';
import {
  BooleanQuery,
  ChoiceQuery,
  ChoicesQuery,
  IntegerQuery,
  TimeQuery,
} from '../../http/json/query-fields.js';
import { PAGE_SIZE_MAX, PageAnswer, SortedPageQuery } from '../../http/pages/page.dto.js';
import { OrderView } from './order.dto.js';

const SORT_COLUMNS = [
  'price',
  'quantity',
  'incentive',
  'deadline',
  'created_at',
] as const satisfies MakerSortColumn[];

/** Narrows a maker's list; everything given must hold. */
export class MakerOrdersQuery extends SortedPageQuery {
  /** The order of this hash. */
  @OrderHashField({ optional: true })
  order_hash?: string;

  /** Orders with this receiver. */
  @AddressField({ optional: true })
  principal?: string;

  /** The ticker, or with `ticker_like` a part of it. */
  @TickerField({ optional: true })
  ticker?: string;

  /** Whether `ticker` may be any part of an order's ticker, in any case. */
  @BooleanQuery()
  ticker_like: boolean = false;

  /** The exchange; 0 is NASDAQ. */
  @IntegerQuery({ min: 0, max: 65_535, example: 0 })
  exchange?: number;

  /** Orders of this token. */
  @AddressField({ optional: true })
  asset?: string;

  /** Whether the maker buys. */
  @BooleanQuery()
  is_buy?: boolean;

  /** The order of this nonce. */
  @IntegerQuery({ min: 0, max: Number.MAX_SAFE_INTEGER, example: 0 })
  nonce?: number;

  /** At least this price. */
  @Uint256Field({ optional: true })
  price_min?: string;

  /** At most this price. */
  @Uint256Field({ optional: true })
  price_max?: string;

  /** At least this quantity. */
  @Uint256Field({ optional: true, example: '10' })
  quantity_min?: string;

  /** At most this quantity. */
  @Uint256Field({ optional: true, example: '1000' })
  quantity_max?: string;

  /** At least this incentive. */
  @Uint256Field({ optional: true })
  incentive_min?: string;

  /** At most this incentive. */
  @Uint256Field({ optional: true })
  incentive_max?: string;

  /** At least this much is filled. */
  @Uint256Field({ optional: true, example: '1' })
  filled_quantity_min?: string;

  /** At most this much is filled. */
  @Uint256Field({ optional: true, example: '1000' })
  filled_quantity_max?: string;

  /** Comma-separated; an order in any of them. */
  @ChoicesQuery(ORDER_STATUSES, 'OrderStatus')
  status?: OrderStatus[];

  /** Orders that expire then or later. */
  @TimeQuery()
  deadline_after?: number;

  /** Orders that expire before then. */
  @TimeQuery()
  deadline_before?: number;

  /** Orders placed then or later. */
  @TimeQuery()
  created_after?: number;

  /** Orders placed before then. */
  @TimeQuery()
  created_before?: number;

  /** What to sort by. */
  @ChoiceQuery(SORT_COLUMNS, 'MakerOrdersSort')
  sort_by: MakerSortColumn = 'created_at';
}

export class MakerOrdersAnswer extends PageAnswer {
  /** The orders of the page. */
  @ApiProperty({ type: [OrderView], maxItems: PAGE_SIZE_MAX })
  orders!: OrderView[];
}
