import { describe, expect, test } from '@jest/globals';
import { BrokenInvariantError } from '../trading-error.js';
import { assertMayFollow, isFinal, mayFollow, ORDER_STATUSES, type OrderStatus } from './order-status.js';

/** The table of contract section 3, written out once more, pair by pair: X is allowed. */
const TABLE = `
from               pending locked partially_filled filled cancelled expired rejected suspended
null               X       -      -                -      -         -       -        -
pending            -       X      -                -      X         X       -        X
locked             X       X      X                X      X         X       X        X
partially_filled   -       -      -                -      -         -       -        -
filled             -       -      -                -      -         -       -        -
cancelled          -       -      -                -      -         -       -        -
expired            -       -      -                -      -         -       -        -
rejected           -       -      -                -      -         -       -        -
suspended          X       X      -                -      X         -       -        -
`;

const [[, ...columns] = [], ...rows] = TABLE.trim()
  .split('\n')
  .map((line) => line.split(/\s+/));
const pairs = rows.flatMap(([from, ...marks]) =>
  marks.map((mark, index) => ({
    from: (from === 'null' ? null : from) as OrderStatus | null,
    to: columns[index] as OrderStatus,
    allowed: mark === 'X',
  })),
);

test('every pair of statuses is in the table', () => {
  expect(columns).toEqual([...ORDER_STATUSES]);
  expect(pairs).toHaveLength((ORDER_STATUSES.length + 1) * ORDER_STATUSES.length);
});

describe.each(pairs)('$from → $to', ({ from, to, allowed }) => {
  test(allowed ? 'is allowed' : 'is a bug', () => {
    expect(mayFollow(from, to)).toBe(allowed);
    const asserted = () => assertMayFollow(from, to);
    if (allowed) expect(asserted).not.toThrow();
    else expect(asserted).toThrow(BrokenInvariantError);
  });
});

test('five statuses are final', () => {
  const final = ['partially_filled', 'filled', 'cancelled', 'expired', 'rejected'];
  expect(ORDER_STATUSES.filter(isFinal)).toEqual(final);
});
