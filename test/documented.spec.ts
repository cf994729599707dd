import { describe, expect, test } from '@jest/globals';
import { type Exchange, expectDocumented } from './support/documented.js';

/** The check that all other tests run on each of their calls: it must notice what it is there for. */
const lock: Exchange = {
  method: 'POST',
  url: 'http://127.0.0.1/api/v1/orders/lock',
  sent: { order_hash: `0x${'1f'.repeat(32)}`, taker_address: `0x${'71'.repeat(20)}` },
  status: 200,
  headers: new Headers({ 'x-request-id': 'a' }),
  body: {
    code: 0,
    data: {
      success: true,
      order_hash: `0x${'1f'.repeat(32)}`,
      locked_by: `0x${'71'.repeat(20)}`,
      locked_at: '2026-01-17T03:00:24.123Z',
      expires_at: '2026-01-17T04:00:24.123Z',
    },
  },
};
const { data } = lock.body as { data: object };
const refused = (status: number, code: number, message: string): Partial<Exchange> => ({
  status,
  body: { code, message, details: 'why', docs: `/docs/errors/${code}` },
});

test('an exchange as documented passes', () => {
  expectDocumented(lock);
  expectDocumented({ ...lock, ...refused(409, 409004, 'Order already locked') });
});

describe('refuses', () => {
  const cases: [string, Partial<Exchange>, RegExp][] = [
    ['a field too many', { body: { code: 0, data: { ...data, more: 1 } } }, /"more"/],
    ['a field too few', { body: { code: 0, data: { ...data, locked_at: undefined } } }, /locked_at/],
    ['null', { body: { code: 0, data: { ...data, locked_by: null } } }, /locked_by/],
    ['a time of another form', { body: { code: 0, data: { ...data, locked_at: 'now' } } }, /date-time/],
    ['another success', { status: 202 }, /never/],
    ['a code of another call', refused(409, 409006, 'Nonce already used'), /codes/],
    ['a missing header', { headers: new Headers() }, /X-Request-Id/],
    ['that a wrong body was taken', { sent: { order_hash: '0x' } }, /order_hash/],
    ['that a parameter was taken', { url: `${lock.url}?fast=true` }, /fast/],
  ];
  test.each(cases)('%s', (_, change, complaint) => {
    expect(() => expectDocumented({ ...lock, ...change })).toThrow(complaint);
  });
});
