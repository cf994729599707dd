import type { FillFilter, OrderFilter } from '#trading';
import type { Page, PageRequest } from '#database';
import type { FillsQuery } from './dto/fills.dto.js';
import type { MakerOrdersQuery } from './dto/maker-orders.dto.js';
import type { PageAnswer, SortedPageQuery } from './dto/page.dto.js';
import type { TakerOrdersQuery } from './dto/taker-orders.dto.js';

export function pageOf<Column extends string>(
  query: SortedPageQuery & { sort_by: Column },
): PageRequest<Column> {
  const { page, page_size: pageSize, sort_by: sortBy, sort_order: sortOrder } = query;
  return { page, pageSize, sortBy, sortOrder };
}

export function pageView({ total, totalIsExact, page, pageSize }: Page<unknown>): PageAnswer {
  return {
    total,
    total_is_exact: totalIsExact,
    page,
    page_size: pageSize,
    total_pages: Math.ceil(total / pageSize),
  };
}

/** What a query narrows by: all of it but the page and its order. */
function filterOf<Query extends SortedPageQuery & { sort_by: string }>(query: Query) {
  const { page: _p, page_size: _s, sort_by: _b, sort_order: _o, ...filter } = query;
  return filter;
}

export function makerFilterOf(query: MakerOrdersQuery): OrderFilter {
  const { order_hash, principal, asset, ticker, ticker_like, ...filter } = filterOf(query);
  return {
    ...filter,
    [ticker_like ? 'ticker_part' : 'ticker']: ticker,
    order_hash: order_hash?.toLowerCase(),
    principal: principal?.toLowerCase(),
    asset: asset?.toLowerCase(),
  };
}

export function takerFilterOf(query: TakerOrdersQuery): OrderFilter {
  return filterOf(query);
}

export function fillFilterOf(query: FillsQuery): FillFilter {
  const { order_id, order_hash, taker, tx_hash, ...filter } = filterOf(query);
  return {
    ...filter,
    order_id: order_id?.toLowerCase(),
    order_hash: order_hash?.toLowerCase(),
    taker_address: taker?.toLowerCase(),
    tx_hash: tx_hash?.toLowerCase(),
  };
}
