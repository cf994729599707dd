import type {
  CancellationQueries,
  FillQueries,
  MakerSortColumn,
  OrderQueries,
  TakerSortColumn,
} from '#trading';
import type { DataSource } from 'typeorm';

export interface Readers {
  orders: OrderQueries;
  fills: FillQueries;
  requests: CancellationQueries;
}

/** One call of a list, under the name that its line has in the table. */
export type ListCall = [name: string, run: (readers: Readers) => Promise<unknown>];

const FIRST = { page: 1, pageSize: 100, sortOrder: 'desc' } as const;

/** Every list with every filter and order, asked by the participants that have the most. */
export async function listCalls(dataSource: DataSource): Promise<ListCall[]> {
  const maker = await largest(dataSource, 'SELECT maker AS id FROM orders');
  const taker = await largest(
    dataSource,
    'SELECT locked_taker_id AS id FROM orders WHERE locked_at IS NOT NULL',
  );
  const [{ order_hash }] = await dataSource.query<[{ order_hash: string }]>(
    "SELECT order_hash FROM orders WHERE status = 'pending' ORDER BY id OFFSET 5000 LIMIT 1",
  );
  return [
    ...takerCalls(taker, order_hash),
    ...makerCalls(maker),
    ...(await fillCalls(dataSource, taker)),
    ...requestCalls(taker),
  ];
}

async function largest(dataSource: DataSource, ids: string): Promise<string> {
  const [row] = await dataSource.query<[{ id: string; rows: string }]>(
    `SELECT id, count(*) AS rows FROM (${ids}) t GROUP BY id ORDER BY rows DESC LIMIT 1`,
  );
  process.stdout.write(`largest of "${ids}": ${row.rows} rows\n`);
  return row.id;
}

/** A week in the middle of the seeded year. */
const aWeek = () => {
  const created_after = Math.floor(Date.now() / 1000) - 180 * 86_400;
  return { created_after, created_before: created_after + 7 * 86_400 };
};

function takerCalls(taker: string, pending: string): ListCall[] {
  const list = (
    name: string,
    filter: Parameters<OrderQueries['listOfTaker']>[1],
    page: object = {},
  ): ListCall => [
    `takers/orders ${name}`,
    ({ orders }) => orders.listOfTaker(taker, filter, { ...FIRST, sortBy: 'created_at', ...page }),
  ];
  const sorted = (sortBy: TakerSortColumn, filter = {}) =>
    list(`${JSON.stringify(filter)} by ${sortBy}`, filter, { sortBy });
  return [
    ['orders/available', ({ orders }) => orders.available(taker, 1_000)],
    ['orders/available after one', ({ orders }) => orders.available(taker, 1_000, pending)],
    list('', {}),
    list('page 1000', {}, { page: 1000 }),
    ...(['locked', 'filled', 'cancelled', 'suspended', 'pending'] as const).map((status) =>
      list(`status=${status}`, { status: [status] }),
    ),
    list('status=locked,suspended', { status: ['locked', 'suspended'] }),
    list('status=filled,partially_filled', { status: ['filled', 'partially_filled'] }),
    list('status=filled page 500', { status: ['filled'] }, { page: 500 }),
    list('ticker=T0 (common)', { ticker: 'T0' }),
    list('ticker=T499 (rare)', { ticker: 'T499' }),
    list('ticker=NONE', { ticker: 'NONE' }),
    list('exchange=0', { exchange: 0 }),
    list('exchange=7 (1 %)', { exchange: 7 }),
    list('exchange=99 (none)', { exchange: 99 }),
    list('is_buy=true', { is_buy: true }),
    list('created: a week', aWeek()),
    list('created: a week, status=rejected', { ...aWeek(), status: ['rejected'] }),
    list('ticker=T3, status=locked', { ticker: 'T3', status: ['locked'] }),
    list('ticker=T3, exchange=7, is_buy=true', { ticker: 'T3', exchange: 7, is_buy: true }),
    sorted('price'),
    sorted('price', { status: ['filled'] }),
    sorted('price', { status: ['suspended'] }),
    sorted('price', { ticker: 'T3' }),
    sorted('price', { exchange: 7 }),
    sorted('locked_at'),
    sorted('locked_at', { status: ['locked'] }),
    sorted('locked_at', { ticker: 'T499' }),
  ];
}

function makerCalls(maker: string): ListCall[] {
  const list = (
    name: string,
    filter: Parameters<OrderQueries['listOfMaker']>[1],
    page: object = {},
  ): ListCall => [
    `orders ${name}`,
    ({ orders }) => orders.listOfMaker(maker, filter, { ...FIRST, sortBy: 'created_at', ...page }),
  ];
  const columns: MakerSortColumn[] = ['price', 'quantity', 'incentive', 'deadline', 'created_at'];
  return [
    ...columns.map((sortBy) => list(`by ${sortBy}`, {}, { sortBy })),
    list('page 50', {}, { page: 50 }),
    list('status=suspended', { status: ['suspended'] }),
    list('status=filled', { status: ['filled'] }),
    list('ticker=T499', { ticker: 'T499' }),
    list('ticker=t49&ticker_like=true', { ticker_part: 't49' }),
    list('exchange=99 (none)', { exchange: 99 }),
    list('price: a tenth', { price_min: '100000000000000000000', price_max: '200000000000000000000' }),
    list('price: none', { price_min: '1', price_max: '2' }),
    list('filled_quantity_min=100', { filled_quantity_min: '100' }),
    list('nonce (none)', { nonce: 0 }),
    list('created: a week', aWeek()),
    list('deadline: none', { deadline_before: 1 }),
  ];
}

async function fillCalls(dataSource: DataSource, taker: string): Promise<ListCall[]> {
  const [{ order_hash, order_id }] = await dataSource.query<[{ order_hash: string; order_id: string }]>(
    'SELECT order_hash, order_id FROM fills JOIN orders ON orders.id = order_id WHERE taker_id = $1 LIMIT 1',
    [taker],
  );
  const list = (
    name: string,
    filter: Parameters<FillQueries['listOfTaker']>[1],
    page: object = {},
  ): ListCall => [
    `orders/filled ${name}`,
    ({ fills }) => fills.listOfTaker(taker, filter, { ...FIRST, sortBy: 'created_at', ...page }),
  ];
  return [
    list('', {}),
    list('page 1000', {}, { page: 1000 }),
    list('by fill_quantity', {}, { sortBy: 'fill_quantity' }),
    list('by fill_amount', {}, { sortBy: 'fill_amount' }),
    list('order_hash', { order_hash }),
    list('order_id', { order_id }),
    list('tx_hash', { tx_hash: order_hash }),
    list('status=partially_filled', { status: ['partially_filled'] }),
    list('fee_amount_min=1 (none)', { fee_amount_min: '1' }),
    list('incentive_amount_max=1 (none)', { incentive_amount_max: '1' }),
    list('fill_quantity_max=5 by fill_amount', { fill_quantity_max: '5' }, { sortBy: 'fill_amount' }),
    list('fill_amount: none', { fill_amount_max: '1' }),
    list('block_number: ten', { block_number_min: 1000, block_number_max: 1010 }),
    list('created: a week', aWeek()),
  ];
}

function requestCalls(taker: string): ListCall[] {
  return (['requested', 'accepted', 'rejected', 'timed_out'] as const).map((status): ListCall => [
    `takers/cancellation-requests status=${status}`,
    ({ requests }) => requests.listOfTaker(taker, [status], { ...FIRST, sortBy: 'requested_at' }),
  ]);
}
