import type { Page, PageRequest } from '#database';
import type { PageAnswer, SortedPageQuery } from './page.dto.js';

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
export function filterOf<Query extends SortedPageQuery & { sort_by: string }>(query: Query) {
  const { page: _p, page_size: _s, sort_by: _b, sort_order: _o, ...filter } = query;
  return filter;
}
