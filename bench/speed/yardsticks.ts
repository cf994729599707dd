import { createHash } from 'node:crypto';
import { answersOf, type Calls } from './load.js';
import type { Range } from './stock.js';

/** Takers of the contenders that have tables of their own: an order's taker is told by its number, in SQL too. */
const TAKERS = 50;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export const YARDSTICK_TAKERS = Array.from({ length: TAKERS }, (_, taker) => ({
  address: `0x${sha256(`address-${taker}`).slice(0, 40)}`,
  apiKey: `key-${taker}`,
}));

/** SQL, of an order's number. */
export const takerOf = (number: string): string => `(${number})::bigint % ${TAKERS}`;
export const addressOf = (number: string): string =>
  `substr(sha256(('address-' || ${takerOf(number)})::bytea), 1, 20)`;
export const keyHashOf = (number: string): string => `sha256(('key-' || ${takerOf(number)})::bytea)`;
export const orderHashOf = (number: string): string => `sha256((${number})::text::bytea)`;

/** SQL, of an order's number: the status of one that was seeded, as after a year. */
export const historyOf = (number: string): string =>
  `CASE WHEN ${number} % 100 < 15 THEN 'pending' WHEN ${number} % 100 < 17 THEN 'locked'
    WHEN ${number} % 100 < 83 THEN 'filled' ELSE 'cancelled' END`;

/** The answers to these orders' requests. */
export function answersTo({ first, count }: Range): Calls {
  const asked = Array.from({ length: count }, (_, index) => ({
    order_hash: `0x${sha256(String(first + index))}`,
    taker: (first + index) % TAKERS,
  }));
  return answersOf(YARDSTICK_TAKERS, asked);
}
