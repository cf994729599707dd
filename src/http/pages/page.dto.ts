import { ApiProperty } from '@nestjs/swagger';
import { ChoiceQuery, IntegerQuery } from '../json/query-fields.js';

export const SORT_ORDERS = ['asc', 'desc'] as const;

export const PAGE_SIZE_MAX = 100;
const PAGES_MAX = 100_000;

/** Which page of a list. */
export class PageQuery {
  /** From 1. */
  @IntegerQuery({ min: 1, max: PAGES_MAX, example: 1 })
  page: number = 1;

  /** Rows of a page. */
  @IntegerQuery({ min: 1, max: PAGE_SIZE_MAX, example: 20 })
  page_size: number = 20;
}

/** Which page of a list, and which end of it comes first. */
export class SortedPageQuery extends PageQuery {
  /** Which end comes first. */
  @ChoiceQuery(SORT_ORDERS, 'SortOrder')
  sort_order: (typeof SORT_ORDERS)[number] = 'desc';
}

export class PageAnswer {
  /** Rows of the whole list; at least so many, when `total_is_exact` is false. */
  @ApiProperty({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, example: 1 })
  total!: number;

  /** Lists are counted to 10,000 rows past the page; beyond that `total` is a lower bound that grows as one pages on. */
  @ApiProperty({ type: Boolean, example: true })
  total_is_exact!: boolean;

  /** From 1. */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: PAGES_MAX, example: 1 })
  page!: number;

  /** Rows of a page. */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: PAGE_SIZE_MAX, example: 20 })
  page_size!: number;

  /** Pages that `total` makes. */
  @ApiProperty({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, example: 1 })
  total_pages!: number;
}
