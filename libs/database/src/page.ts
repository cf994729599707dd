import {
  type FindOptionsWhere,
  In,
  type ObjectLiteral,
  type Repository,
  type SelectQueryBuilder,
} from 'typeorm';

/** How far past a page rows are counted: a total beyond that is a lower bound, so that no page scans a whole table. */
const COUNT_AHEAD_ROWS = 10_000;

/** Which page of a list, in which order. */
export interface PageRequest<Column extends string = string> {
  /** From 1. */
  page: number;
  pageSize: number;
  sortBy: Column;
  sortOrder: 'asc' | 'desc';
}

/** A page of a list. */
export interface Page<Item> {
  items: Item[];
  page: number;
  pageSize: number;
  total: number;
  /** False when there are more than `total`. */
  totalIsExact: boolean;
}

/** Adds conditions on the rows' columns, named `item.…`. */
export type Narrow<Row extends object> = (query: SelectQueryBuilder<Row>) => void;

interface Listed {
  id: string;
}

/** Reads one page of the rows that any of the narrowings leaves, no row by two of them, and counts them. */
export async function readPage<Row extends Listed>(
  rows: Repository<Row>,
  narrows: Narrow<Row>[],
  request: PageRequest,
): Promise<Page<Row>> {
  const { page, pageSize } = request;
  const count = await countUpTo(rows, narrows, page * pageSize + COUNT_AHEAD_ROWS);
  const isEmpty = count.total <= (page - 1) * pageSize;
  return { items: isEmpty ? [] : await readItems(rows, narrows, request), page, pageSize, ...count };
}

/**
 * The rows of a page, without a count. They are found by ids first, which the list's index holds, so that rows that
 * are skipped are not read; and by each narrowing for itself, which has an index of its own.
 */
async function readItems<Row extends Listed>(
  rows: Repository<Row>,
  narrows: Narrow<Row>[],
  { page, pageSize, sortBy, sortOrder }: PageRequest,
): Promise<Row[]> {
  const direction = sortOrder === 'asc' ? 'ASC' : 'DESC';
  const firsts = narrows.map((narrow) =>
    narrowed(rows, narrow)
      .select('item.id', 'id')
      .addSelect(`item.${sortBy}`, 'sorted')
      .orderBy(`item.${sortBy}`, direction)
      .addOrderBy('item.id', direction)
      .limit(page * pageSize),
  );
  const ids = await united(firsts)
    .select('listed.id', 'id')
    .orderBy('listed.sorted', direction)
    .addOrderBy('listed.id', direction)
    .offset((page - 1) * pageSize)
    .limit(pageSize)
    .getRawMany<Listed>();
  if (ids.length === 0) return [];
  const found = await rows.findBy({ id: In(ids.map(({ id }) => id)) } as FindOptionsWhere<Row>);
  const byId = new Map(found.map((row) => [row.id, row]));
  return ids.flatMap(({ id }) => byId.get(id) ?? []);
}

function narrowed<Row extends Listed>(rows: Repository<Row>, narrow: Narrow<Row>): SelectQueryBuilder<Row> {
  const query = rows.createQueryBuilder('item');
  narrow(query);
  return query;
}

async function countUpTo<Row extends Listed>(rows: Repository<Row>, narrows: Narrow<Row>[], limit: number) {
  const counted = narrows.map((narrow) =>
    narrowed(rows, narrow)
      .select('1')
      .limit(limit + 1),
  );
  const { total } = (await united(counted)
    .select('count(*)::integer', 'total')
    .getRawOne<{ total: number }>())!;
  return total > limit ? { total: limit, totalIsExact: false } : { total, totalIsExact: true };
}

/** Their rows, as `listed`; what they have as parameters of one name must be the same. */
function united(queries: SelectQueryBuilder<ObjectLiteral>[]): SelectQueryBuilder<ObjectLiteral> {
  const sql = queries.map((query) => `(${query.getQuery()})`).join(' UNION ALL ');
  const query = queries[0]!.connection.createQueryBuilder().select().from(`(${sql})`, 'listed');
  for (const each of queries) query.setParameters(each.getParameters());
  return query;
}
