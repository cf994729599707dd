import { ApiProperty } from '@nestjs/swagger';
import { FILL_STATUSES, type FillSortColumn } from '#trading';
import { AddressField, EXAMPLES, OrderHashField, Uint256Field, UuidField } from '../../http/json/fields.js';
import { ChoiceQuery, ChoicesQuery, IntegerQuery, TimeQuery } from '../../http/json/query-fields.js';
import { PAGE_SIZE_MAX, PageAnswer, SortedPageQuery } from '../../http/pages/page.dto.js';
import { FillView } from './fill.dto.js';

const SORT_COLUMNS = ['created_at', 'fill_quantity', 'fill_amount'] as const satisfies FillSortColumn[];
const BLOCKS = { min: 0, max: Number.MAX_SAFE_INTEGER, example: 45_321_977 };

/** Narrows a taker's fills; everything given must hold. */
export class FillsQuery extends SortedPageQuery {
  /** The fill of the order with this id. */
  @UuidField({ optional: true })
  order_id?: string;

  /** The fill of the order with this hash. */
  @OrderHashField({ optional: true })
  order_hash?: string;

  /** Fills under this address. */
  @AddressField({ optional: true })
  taker?: string;

  /** Fills with this settling transaction. */
  @OrderHashField({ optional: true, example: EXAMPLES.transaction })
  tx_hash?: string;

  /** At least this quantity. */
  @Uint256Field({ optional: true, example: '10' })
  fill_quantity_min?: string;

  /** At most this quantity. */
  @Uint256Field({ optional: true, example: '1000' })
  fill_quantity_max?: string;

  /** At least this amount. */
  @Uint256Field({ optional: true })
  fill_amount_min?: string;

  /** At most this amount. */
  @Uint256Field({ optional: true })
  fill_amount_max?: string;

  /** At least this fee. */
  @Uint256Field({ optional: true })
  fee_amount_min?: string;

  /** At most this fee. */
  @Uint256Field({ optional: true })
  fee_amount_max?: string;

  /** At least this incentive. */
  @Uint256Field({ optional: true })
  incentive_amount_min?: string;

  /** At most this incentive. */
  @Uint256Field({ optional: true })
  incentive_amount_max?: string;

  /** In this block or a later one. */
  @IntegerQuery(BLOCKS)
  block_number_min?: number;

  /** In this block or an earlier one. */
  @IntegerQuery(BLOCKS)
  block_number_max?: number;

  /** Comma-separated; a fill with any of them. */
  @ChoicesQuery(FILL_STATUSES, 'FillStatus')
  status?: (typeof FILL_STATUSES)[number][];

  /** Fills reported then or later. */
  @TimeQuery()
  created_after?: number;

  /** Fills reported before then. */
  @TimeQuery()
  created_before?: number;

  /** What to sort by. */
  @ChoiceQuery(SORT_COLUMNS, 'FillsSort')
  sort_by: FillSortColumn = 'created_at';
}

export class FillsAnswer extends PageAnswer {
  /** The fills of the page. */
  @ApiProperty({ type: [FillView], maxItems: PAGE_SIZE_MAX })
  fills!: FillView[];
}
