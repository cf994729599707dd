import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, call } from './support/http.js';
import { expectRefusal, INVALID, RULES } from './support/refused.js';
import { startService, type TestService } from './support/service.js';

/** Every query parameter of the lists with values that it cannot have. */
const whole = (min: number, max: number) => `must be a whole number from ${min} to ${max}`;
const NOT_WHOLE = [
  '',
  '-1',
  '1.5',
  '1e3',
  '0x10',
  '01',
  '+1',
  ' 1',
  'one',
  'NaN',
  'Infinity',
  '9'.repeat(17),
];
const NOT_AMOUNT = ['', '-1', '1.5', '1e18', '0100', (2n ** 256n).toString(), '1'.repeat(5000), 'NaN'];
const HASH = `0x${'5c'.repeat(32)}`;
const NOT_HASH = ['', HASH.slice(2), HASH.slice(0, -1), `${HASH}0`];
const NOT_ADDRESS = ['', '0x12', `0x${'5c'.repeat(21)}`, '0x71c7656EC7ab88b098defB751B7401B5f6d8976f'];
const STATUSES = 'pending, locked, partially_filled, filled, cancelled, expired, rejected, suspended';
const NOT_STATUS = ['', 'Pending', 'open', 'pending,', 'pending, locked', 'pending;locked', 'toString'];

type Rules = Record<string, [rule: string, wrong: string[]]>;
type Entry = [name: string, rule: Rules[string]];

const TIME: Rules[string] = [
  'must be Unix seconds from 0 to 253402300799 or ISO 8601 with an offset, as 2026-01-17T03:00:24Z',
  [
    ...NOT_WHOLE,
    '253402300800',
    '2026-01-17',
    '2026-01-17T03:00:24',
    '2026-02-30T03:00:24Z',
    '2026-01-17T24:00:00Z',
    '2026-01-17T03:00:61Z',
    '2026-01-17T03Z',
    '17.01.2026 03:00Z',
  ],
];
const CREATED: Rules = { created_after: TIME, created_before: TIME };
const PAGE: Rules = {
  page: [whole(1, 100_000), [...NOT_WHOLE, '0', '100001']],
  page_size: [whole(1, 100), [...NOT_WHOLE, '0', '101']],
};
const SORTED: Rules = { ...PAGE, sort_order: ['must be one of asc, desc', ['', 'ASC', 'down', 'asc,desc']] };
const sortBy = (columns: string): Rules => ({
  sort_by: [`must be one of ${columns}`, ['', 'id', 'price;', 'price desc', '1']],
});
const amounts = (...names: string[]): Rules =>
  Object.fromEntries(
    names.flatMap((name) =>
      [`${name}_min`, `${name}_max`].map((bound) => [bound, [RULES.amount, NOT_AMOUNT]]),
    ),
  );
const EXCHANGE: Rules = {
  exchange: [whole(0, 65_535), [...NOT_WHOLE, '65536']],
  is_buy: [RULES.boolean, ['', 'True', '1', 'yes']],
  ticker: [RULES.ticker, ['', ' A', 'A ', 'A'.repeat(33), 'É', '\0']],
};

const LISTS: { path: string; caller: 'maker' | 'taker'; parameters: Rules }[] = [
  {
    path: '/orders',
    caller: 'maker',
    parameters: {
      ...SORTED,
      ...sortBy('price, quantity, incentive, deadline, created_at'),
      ...EXCHANGE,
      ...CREATED,
      ...amounts('price', 'quantity', 'incentive', 'filled_quantity'),
      order_hash: [RULES.hash, NOT_HASH],
      principal: [RULES.address, NOT_ADDRESS],
      asset: [RULES.address, NOT_ADDRESS],
      ticker_like: [RULES.boolean, ['', 'True', '1', 'AAP']],
      nonce: [whole(0, Number.MAX_SAFE_INTEGER), NOT_WHOLE],
      status: [`must be a comma-separated list of ${STATUSES}`, NOT_STATUS],
      deadline_after: TIME,
      deadline_before: TIME,
    },
  },
  {
    path: '/takers/orders',
    caller: 'taker',
    parameters: {
      ...SORTED,
      ...sortBy('created_at, locked_at, price'),
      ...EXCHANGE,
      ...CREATED,
      status: [`must be a comma-separated list of ${STATUSES}`, NOT_STATUS],
    },
  },
  {
    path: '/orders/filled',
    caller: 'taker',
    parameters: {
      ...SORTED,
      ...sortBy('created_at, fill_quantity, fill_amount'),
      ...CREATED,
      ...amounts('fill_quantity', 'fill_amount', 'fee_amount', 'incentive_amount'),
      order_id: [RULES.uuid, ['', HASH, '{8b9ad3ad-4d0c-4f3e-9a26-5b1f1b5a9c11}']],
      order_hash: [RULES.hash, NOT_HASH],
      taker: [RULES.address, NOT_ADDRESS],
      tx_hash: [RULES.hash, NOT_HASH],
      block_number_min: [whole(0, Number.MAX_SAFE_INTEGER), NOT_WHOLE],
      block_number_max: [whole(0, Number.MAX_SAFE_INTEGER), NOT_WHOLE],
      status: ['must be a comma-separated list of filled, partially_filled', [...NOT_STATUS, 'pending']],
    },
  },
  {
    path: '/takers/cancellation-requests',
    caller: 'taker',
    parameters: {
      ...SORTED,
      status: [
        'must be a comma-separated list of requested, accepted, rejected, timed_out',
        [...NOT_STATUS, 'pending'],
      ],
    },
  },
  {
    path: '/orders/available',
    caller: 'taker',
    parameters: {
      limit: [whole(1, 1_000), [...NOT_WHOLE, '0', '1001']],
      after: [RULES.hash, NOT_HASH],
    },
  },
];

let service: TestService;
let callers: Record<'maker' | 'taker', { call(method: string, path: string): Promise<Answer> }>;
beforeAll(async () => {
  service = await startService();
  callers = { maker: await service.newMaker(), taker: await service.newTaker() };
});
afterAll(() => service.stop());

describe.each(LISTS)('GET $path', ({ path, caller, parameters }) => {
  const get = (query: string) => callers[caller].call('GET', `${path}?${query}`);

  test.each(
    Object.entries(parameters).flatMap(([name, [rule, wrong]]) =>
      wrong.map((value) => ({ name, rule, value })),
    ),
  )('$name=$value: 400001', async ({ name, rule, value }) => {
    expectRefusal(await get(`${name}=${encodeURIComponent(value)}`), INVALID, `${name} ${rule}`);
  });

  test.each(Object.keys(parameters))('%s given as an array: 400001', async (name) => {
    expectRefusal(await get(`${name}[]=1`), INVALID, `${name}[] is not a known field`);
  });

  test.each(['maker', 'offset', 'Page', 'order.id', 'sort_by '])('%s: unknown', async (name) => {
    expectRefusal(await get(`${encodeURIComponent(name)}=1`), INVALID, `${name} is not a known field`);
  });

  test.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])('%s: unknown', async (name) => {
    expectRefusal(await get(`${name}=1`), INVALID, `${name} is not a known query parameter`);
  });

  test('names every parameter that is wrong', async () => {
    const [[one, rule], [other, otherRule]] = Object.entries(parameters) as [Entry, Entry];
    const { body } = await get(`${one}=none&${other}=none`);
    expect(body.details).toBe(`${one} ${rule[0]}; ${other} ${otherRule[0]}`);
  });
});

describe('a parameter that is given twice is refused as that', () => {
  interface Operation {
    parameters?: { name: string; in: string; example?: unknown }[];
    security?: Record<string, unknown>[];
  }
  const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as {
    paths: Record<string, { get?: Operation }>;
  };
  const lists = Object.entries(paths).flatMap(([path, { get }]) => {
    const names =
      get?.parameters?.filter((parameter) => parameter.in === 'query').map(({ name }) => name) ?? [];
    const [caller] = (get?.security ?? []).flatMap((kinds) => Object.keys(kinds)) as ('maker' | 'taker')[];
    return names.length > 0
      ? [{ path: path.replace('/api/v1', '').replace(/\{.*?\}/, HASH), names, caller: caller! }]
      : [];
  });

  test('of every call that has any', () => {
    expect(lists.map(({ path }) => path).toSorted()).toEqual(
      [
        ...LISTS.map(({ path }) => path),
        '/takers/events',
        `/takers/orders/${HASH}/events`,
        `/orders/${HASH}/events`,
      ].toSorted(),
    );
  });

  test.each(lists)('GET $path', async ({ path, names, caller }) => {
    const get = (query: string) => callers[caller].call('GET', `${path}?${query}`);
    for (const name of names) {
      for (const values of [
        ['1', '2'],
        ['', ''],
        ['pending', 'locked'],
      ]) {
        const query = values.map((value) => `${name}=${value}`).join('&');
        expectRefusal(await get(query), INVALID, `${name} is given twice`);
      }
    }
    const [one, other] = names as [string, string];
    const details = `${one} is given 3 times; ${other} is given twice`;
    expectRefusal(await get(`${one}=1&${other}=1&${one}=1&${one}=1&${other}=1`), INVALID, details);
    expectRefusal(await get('nothing=1&nothing=2'), INVALID, 'nothing is not a known field');
  });

  test('of a call that has none: unknown', async () => {
    const answer = await call('GET', `${service.url}/api/v1/config?page=1&page=2`);
    expectRefusal(answer, INVALID, 'page is not a known query parameter');
  });
});
