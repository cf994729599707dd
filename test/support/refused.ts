import { expect } from '@jest/globals';
import type { DataSource } from 'typeorm';
import type { Answer } from './http.js';

/** A row of the contract's table of errors. */
export interface Refusal {
  status: number;
  code: number;
  message: string;
}

export const INVALID: Refusal = { status: 400, code: 400001, message: 'Invalid parameter' };
export const MALFORMED: Refusal = { status: 400, code: 400002, message: 'Malformed JSON' };
export const MISSING_HEADER: Refusal = { status: 401, code: 10010012, message: 'Missing required header' };
export const KEY_NOT_FOUND: Refusal = { status: 401, code: 10010009, message: 'API key not found' };
export const KEY_EXPIRED: Refusal = { status: 401, code: 10010010, message: 'API key expired' };
export const WRONG_SIGNATURE: Refusal = {
  status: 401,
  code: 10010008,
  message: 'Signature verification failed',
};
export const SIGNATURE_USED: Refusal = { status: 401, code: 10010013, message: 'Signature already used' };
export const TIMESTAMP_EXPIRED: Refusal = { status: 401, code: 10010011, message: 'Timestamp expired' };
export const TAKER_ADDRESS_NOT_ALLOWED: Refusal = {
  status: 403,
  code: 403001,
  message: 'Taker address not allowed',
};
export const IP_NOT_ALLOWED: Refusal = { status: 403, code: 403003, message: 'IP address not allowed' };
export const ACCOUNT_SUSPENDED: Refusal = { status: 403, code: 403004, message: 'Account suspended' };
export const ORIGIN_NOT_ALLOWED: Refusal = { status: 403, code: 403005, message: 'Origin not allowed' };
export const ROUTE_NOT_FOUND: Refusal = { status: 404, code: 404000, message: 'Route not found' };
export const ORDER_NOT_FOUND: Refusal = { status: 404, code: 404001, message: 'Order not found' };
export const TOO_LARGE: Refusal = { status: 413, code: 413001, message: 'Body too large' };
export const UNSUPPORTED: Refusal = { status: 415, code: 415001, message: 'Unsupported media type' };
export const INTERNAL: Refusal = { status: 500, code: 500001, message: 'Internal error' };
export const UNAVAILABLE: Refusal = { status: 503, code: 503001, message: 'Service unavailable' };
export const TOO_MANY: Refusal = { status: 429, code: 429001, message: 'Too many requests' };

/** What the details say of a field whose value is none. */
export const RULES = {
  hash: 'must be 0x and 64 hex digits',
  address: 'must be 0x and 40 hex digits, with a valid EIP-55 checksum when the case is mixed',
  boolean: 'must be true or false',
  text: 'must be a string of 1 to 1,000 characters, without NUL and lone surrogates',
  uuid: 'must be a UUID',
  ticker: 'must be a ticker of 1 to 32 printable ASCII characters, without a space at either end',
  signature: 'must be a signature: 0x and two hex digits for each of at most 4,096 bytes',
  amount: 'must be a whole number from 0 to 2^256-1 as a decimal string without leading zeros',
  positiveAmount: 'must be a whole number from 1 to 2^256-1 as a decimal string without leading zeros',
  object: 'must be an object',
  noArray: 'must not be an array',
  unknown: 'is not a known field',
};

/** A test's row for each of a field's wrong values, with its title and the details that refuse it. */
export const wrongValues = (field: string, rule: string, values: unknown[], path = '') =>
  values.map((value) => ({
    field,
    value,
    title: `${path}${field} ${value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80)}`,
    details: `${path}${field} ${ruleFor(value, rule)}`,
  }));

/** No field takes an array, whatever its own rule. */
function ruleFor(value: unknown, rule: string): string {
  if (Array.isArray(value)) return RULES.noArray;
  return value === undefined ? `is required and ${rule}` : rule;
}

/** What a refused call answers, for matchers. */
export const refusal = (status: number, code: number, message: string, details: unknown) => ({
  status,
  body: { code, message, details, docs: `/docs/errors/${code}` },
});

/** The answer is this refusal and nothing else, with these details. */
export function expectRefusal(
  { status, body }: Pick<Answer, 'status' | 'body'>,
  { status: refusedStatus, ...error }: Refusal,
  details: string | RegExp = /./,
): void {
  const expected = typeof details === 'string' ? details : expect.stringMatching(details);
  expect({ status, body }).toEqual(refusal(refusedStatus, error.code, error.message, expected));
}

/** The call is refused, and changes no order, no cancellation request, no fill and no event. */
export async function expectRefusedUnchanged(
  dataSource: DataSource,
  call: () => Promise<Pick<Answer, 'status' | 'body'>>,
  refused: Refusal,
  details?: string | RegExp,
): Promise<void> {
  const before = await stateOf(dataSource);
  expectRefusal(await call(), refused, details);
  expect(await stateOf(dataSource)).toEqual(before);
}

/** All orders, cancellation requests, fills and events. */
export async function stateOf(dataSource: DataSource): Promise<unknown> {
  const [state] = await dataSource.query<unknown[]>(`
    SELECT (SELECT jsonb_agg(o ORDER BY id) FROM orders o) AS orders,
      (SELECT jsonb_agg(r ORDER BY id) FROM cancellation_requests r) AS requests,
      (SELECT jsonb_agg(f ORDER BY id) FROM fills f) AS fills,
      (SELECT jsonb_agg(e ORDER BY seq) FROM order_events e) AS events`);
  return state;
}
