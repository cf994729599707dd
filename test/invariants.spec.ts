import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type BusyCopy, type BusyDatabase, createBusyDatabase, requestOf } from './support/busy-database.js';
import { type Damage, OF_ORDER, ORDER_DAMAGE, REQUEST_DAMAGE } from './support/damage.js';
import { brokenInvariants } from './support/invariants.js';

/** The checks of the invariants, on a database that is damaged by hand, each time in another way. */
let busy: BusyDatabase;
let copy: BusyCopy;
beforeAll(async () => {
  busy = await createBusyDatabase();
}, 60_000);
afterAll(() => busy.drop());
beforeEach(async () => {
  copy = await busy.copy();
});
afterEach(() => copy.drop());

jest.setTimeout(60_000);

const sql = (text: string, ...parameters: unknown[]) => copy.dataSource.query(text, parameters);
const found = () => brokenInvariants(copy.dataSource);

async function damage({ on, by }: Damage): Promise<void> {
  for (const statement of by) await sql(statement, ...(statement.includes('$1') ? [busy.run[on]] : []));
}

test('a busy run breaks nothing', async () => {
  expect(await found()).toEqual([]);
});

test('nor do rows that were rewritten as they are, by a migration or a restored dump', async () => {
  await sql('UPDATE orders SET notes = notes');
  await sql('UPDATE fills SET status = status');
  await sql('UPDATE cancellation_requests SET reason = reason');
  expect(await found()).toEqual([]);
  await sql('UPDATE order_events SET maker = maker');
  await sql('UPDATE orders SET notes = notes');
  expect(await found()).toEqual([]);
});

test.each([0.25, 0.5, 0.75])('nor do old events that are no longer kept: %d of them', async (share) => {
  await sql(
    `DELETE FROM order_events WHERE created_at < (
       SELECT percentile_disc($1::double precision) WITHIN GROUP (ORDER BY created_at) FROM order_events)`,
    share,
  );
  expect(await found()).toEqual([]);
});

test('2: without any event, every order is reported', async () => {
  await sql('TRUNCATE order_events');
  const [{ orders }] = await copy.dataSource.query<[{ orders: number }]>(
    'SELECT count(*)::integer AS orders FROM orders',
  );
  expect(await found()).toMatchObject([{ number: 2, violations: orders }, { number: 8 }]);
});

describe('exactly the broken invariant is found', () => {
  test.each(ORDER_DAMAGE)('$breaks: $what', async (of) => {
    await damage(of);
    const findings = await found();
    expect(findings).toMatchObject([{ number: of.breaks, examples: [busy.run[of.on]] }]);
  });

  test.each(REQUEST_DAMAGE)('$breaks: $what', async (of) => {
    await damage(of);
    const findings = await found();
    expect(findings).toMatchObject([
      { number: of.breaks, examples: [await requestOf(copy.dataSource, busy.run[of.on])] },
    ]);
  });

  test('22: a status that does not exist, which is no transition (3) either', async () => {
    await sql("UPDATE orders SET status = 'lost' WHERE order_hash = $1", busy.run.pending);
    const examples = [busy.run.pending];
    expect(await found()).toMatchObject([
      { number: 3, examples },
      { number: 22, examples },
    ]);
  });

  test('10: two open requests on an order', async () => {
    await sql('DROP INDEX cancellation_requests_one_open');
    await sql(
      `INSERT INTO cancellation_requests (order_id, order_version, lock_id, taker_id, taker_address, reason, status,
         requested_at, expires_at)
       SELECT order_id, order_version + 1, lock_id, taker_id, taker_address, reason, status, requested_at, expires_at
       FROM cancellation_requests WHERE ${OF_ORDER}`,
      busy.run.asked,
    );
    expect(await found()).toMatchObject([{ number: 10, examples: [busy.run.asked] }]);
  });

  test('13: a nonce that a maker used twice', async () => {
    await sql('ALTER TABLE orders DROP CONSTRAINT orders_nonce_once');
    const sameNonce = [busy.run.pending, busy.run.cancelled];
    await sql('UPDATE orders SET nonce = 7 WHERE order_hash = ANY ($1)', sameNonce);
    const examples = [sameNonce.toSorted()[0]];
    expect(await found()).toMatchObject([{ number: 13, violations: 1, examples }]);
  });
});
