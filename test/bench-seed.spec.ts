import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { DataSource } from 'typeorm';
import { acceptStatement } from '../bench/speed/statement.js';
import { hashOf, seedHistory, seedOrders, seedTakers } from '../bench/support/seed.js';
import dataSource from '../ormconfig.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { brokenInvariants } from './support/invariants.js';

/** The benches' orders are as the service writes them, and so is the answer that its speed is measured against. */
const HISTORY = 3_000;
const LOCKED = 50;

let database: TestDatabase;
let seeded: DataSource;
let indexesBefore: unknown;
beforeAll(async () => {
  database = await createTestDatabase();
  seeded = await new DataSource({ ...dataSource.options, url: database.url } as never).initialize();
  indexesBefore = await indexes();
  await seedTakers(seeded, 5);
  await seedHistory(seeded, HISTORY);
  await seedOrders(seeded, { first: HISTORY + 1, orders: LOCKED, status: 'locked' });
}, 60_000);
afterAll(async () => {
  await seeded.destroy();
  await database.drop();
});

jest.setTimeout(60_000);

async function count(what: string): Promise<number> {
  const [row] = await seeded.query<[{ count: number }]>(`SELECT count(*)::integer AS count FROM ${what}`);
  return row.count;
}

/** By what they are of: those of partitions get new names. */
const indexes = () =>
  seeded.query(
    `SELECT indrelid::regclass AS relation, regexp_replace(pg_get_indexdef(indexrelid), 'INDEX .* USING', '') AS definition,
       indisvalid FROM pg_index WHERE indrelid::regclass::text !~ '^pg_' ORDER BY 1, 2`,
  );

test('all indexes are there again after seeding', async () => {
  expect(indexesBefore).toContainEqual(expect.objectContaining({ relation: 'order_events_default' }));
  expect(await indexes()).toEqual(indexesBefore);
});

test('seeded orders break no invariant, in whatever status they are', async () => {
  expect(await brokenInvariants(seeded)).toEqual([]);
  const statuses = await seeded.query<{ status: string }[]>(
    'SELECT DISTINCT status FROM orders ORDER BY status',
  );
  expect(statuses.map(({ status }) => status)).toEqual(
    expect.arrayContaining([
      'cancelled',
      'expired',
      'filled',
      'locked',
      'partially_filled',
      'pending',
      'rejected',
    ]),
  );
});

test('orders that are added locked wait for an answer, none of them due', async () => {
  const waiting = `cancellation_requests r JOIN orders o ON o.id = r.order_id
    WHERE o.nonce > ${HISTORY} AND o.status = 'locked' AND o.lock_id = r.lock_id AND r.status = 'requested'
      AND r.expires_at > clock_timestamp() + interval '1 day' AND o.lock_expires_at > clock_timestamp() + interval '1 day'`;
  expect(await count(waiting)).toBe(LOCKED);
});

test('the statement of the comparisons records an answer once, whole', async () => {
  const statement = acceptStatement(hashOf('$1'));
  const recorded = async (number: number) => {
    const before = await count('order_events');
    await seeded.query(statement, [String(number)]);
    return (await count('order_events')) - before;
  };
  expect(await recorded(HISTORY + 1)).toBe(2);
  expect(await recorded(HISTORY + 1)).toBe(0);
  expect(await count(`orders WHERE nonce = ${HISTORY + 1} AND status = 'cancelled' AND version = 5`)).toBe(1);
  expect(await count(`cancellation_requests WHERE status = 'accepted' AND message LIKE 'Not traded%'`)).toBe(
    1,
  );
  expect(await brokenInvariants(seeded)).toEqual([]);
});
