import 'reflect-metadata';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Circle, circlesOf, type OrderEvent, ROWS_OF } from '#events';
import { ORDER_STATUSES } from '#trading';
import type { DataSource } from 'typeorm';
import { connectDataSource } from './support/data-source.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';

const [MAKER, TAKER] = ['0x00000000000000000000000000000000000000aa', '00000000-0000-4000-8000-000000000001'];
const STATUSES = [null, ...ORDER_STATUSES];

let database: TestDatabase;
let dataSource: DataSource;
beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await connectDataSource(database.url);
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

/** Every kind of event; a new order has no holder. */
const events = (['order_status_change', 'cancellation_request', 'cancellation_update'] as const)
  .flatMap((type) =>
    [MAKER, 'another'].flatMap((maker) =>
      [null, TAKER, '00000000-0000-4000-8000-000000000002'].flatMap((taker_id) =>
        STATUSES.flatMap((from_status) =>
          STATUSES.map((to_status) => ({ type, maker, taker_id, from_status, to_status }) as OrderEvent),
        ),
      ),
    ),
  )
  .filter(({ type, from_status, taker_id }) => type !== 'order_status_change' || from_status || !taker_id);

const isHeardBy = (circle: Circle): boolean => {
  if (circle.kind === 'maker') return circle.maker === MAKER;
  return circle.kind !== 'holder' || circle.takerId === TAKER;
};

test('who is told of an event is the same in the code and in the database', async () => {
  const { maker, holder, everyTaker, everyBook } = ROWS_OF;
  const rows = await dataSource.query<Record<Circle['kind'], boolean>[]>(
    `SELECT ${maker('$2')} AS maker, coalesce(${holder('$3::uuid')}, false) AS holder,
        ${everyTaker} AS "everyTaker", coalesce(${everyBook}, false) AS "everyBook"
      FROM jsonb_to_recordset($1::jsonb)
        AS event (type text, maker text, taker_id uuid, from_status text, to_status text, seq bigint) ORDER BY seq`,
    [JSON.stringify(events.map((event, seq) => ({ ...event, seq }))), MAKER, TAKER],
  );
  const inCode = events.map((event) => {
    const kinds = new Set(
      circlesOf(event)
        .filter(isHeardBy)
        .map(({ kind }) => kind),
    );
    const isTold = (kind: Circle['kind']): boolean => kinds.has(kind);
    return {
      maker: isTold('maker'),
      holder: isTold('holder'),
      everyTaker: isTold('everyTaker'),
      everyBook: isTold('everyBook'),
    };
  });
  expect(rows).toEqual(inCode);
  expect(rows.length).toBeGreaterThan(1_000);
});
