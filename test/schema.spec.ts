import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startService, type TestService } from './support/service.js';

/** Entities and migrations are written by hand: they must speak of the same tables. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

test('every entity has its table, column for column, with the same nullability', async () => {
  const columns = await service.dataSource.query<{ table: string; column: string; nullable: boolean }[]>(
    `SELECT table_name AS "table", column_name AS "column", is_nullable = 'YES' AS nullable
       FROM information_schema.columns
      WHERE table_schema = 'public' AND table_name <> 'migrations'
        AND NOT EXISTS (SELECT FROM pg_class WHERE oid = table_name::regclass AND relispartition)`,
  );
  const inDatabase = columns.map(({ table, column, nullable }) => `${table}.${column}${nullable ? '?' : ''}`);
  const inCode = service.dataSource.entityMetadatas.flatMap(({ tableName, columns: fields }) =>
    fields.map(({ databaseName, isNullable }) => `${tableName}.${databaseName}${isNullable ? '?' : ''}`),
  );
  // by xid an older version reads the log in a rollout
  expect([...inCode, 'order_events.xid'].toSorted()).toEqual(inDatabase.toSorted());
});

test('the migrations can be taken back and applied again', async () => {
  const newestFirst = service.dataSource.migrations.toReversed();
  for (const { transaction } of newestFirst)
    await service.dataSource.undoLastMigration({ transaction: transaction === false ? 'none' : 'each' });
  const [{ tables }] = await service.dataSource.query<[{ tables: string }]>(
    `SELECT count(*) AS tables FROM information_schema.tables
      WHERE table_schema = 'public' AND table_name <> 'migrations'`,
  );
  expect(Number(tables)).toBe(0);
  expect(await service.dataSource.runMigrations()).toHaveLength(newestFirst.length);
});
