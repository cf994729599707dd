import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { changedOtherRowCount, PreparedStatement, Transaction } from '#database';
import { startService, type TestService } from './support/service.js';

/** Transactions whose statements travel together. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
  await service.dataSource.query('CREATE TABLE written (number integer)');
});
afterAll(() => service.stop());

const statement = <Row extends object = never>(text: string): PreparedStatement<Row> =>
  new PreparedStatement<Row>(text, text);
const WRITE = statement('INSERT INTO written VALUES ($1::integer)');
const FAIL = statement('SELECT 1 / $1::integer');
const TOO_FEW = statement("SELECT require_rows('orders', $1::integer, 2)");
const LATER = statement('SELECT FROM made_later WHERE $1::integer = 1');
const OVER_ARRAY = statement('SELECT id FROM orders WHERE id = ANY($1::uuid[])');
const PLANS = new PreparedStatement<{ kept: number; thrown_away: number }>(
  'plans',
  `SELECT generic_plans::integer AS kept, custom_plans::integer AS thrown_away FROM pg_prepared_statements WHERE name = $1`,
);
const ECHO = statement<{ number: number; nothing: null }>('SELECT $1::integer AS number, NULL AS nothing');

const written = async (): Promise<number[]> => {
  const rows = await service.dataSource.query<{ number: number }[]>('SELECT number FROM written ORDER BY 1');
  return rows.map(({ number }) => number);
};

const run = <T>(work: (database: Transaction) => Promise<T>): Promise<T> =>
  Transaction.run(service.dataSource, work);

test('what is sent with COMMIT is committed', async () => {
  await run(async (database) => {
    await database.now();
    await database.commit([WRITE.with('1'), WRITE.with('2')]);
  });
  expect(await written()).toEqual([1, 2]);
});

test('what is left uncommitted at the end is committed', async () => {
  await run((database) => database.send([WRITE.with('3')]));
  expect(await written()).toEqual([1, 2, 3]);
});

test('each statement gets its own rows, at the first use of a connection and at the next', async () => {
  const sent = [ECHO.with('1'), WRITE.with('4'), ECHO.with('2')];
  const expected = [[{ number: 1, nothing: null }], [], [{ number: 2, nothing: null }]];
  await run(async (database) => {
    expect(await database.send(sent)).toEqual(expected);
    expect(await database.send(sent)).toEqual(expected);
    throw new Error('not to be written');
  }).catch((error: Error) => expect(error.message).toBe('not to be written'));
});

test('the plan of a statement over an array is kept', async () => {
  const [plans] = await run(async (database) => {
    await database.send([OVER_ARRAY.with('{}')]);
    await database.send([OVER_ARRAY.with('{}')]);
    return database.send([PLANS.with(OVER_ARRAY.name)]);
  });
  expect(plans).toEqual([{ kept: 2, thrown_away: 0 }]);
});

test.each([
  ['first', [FAIL, WRITE]],
  ['last', [WRITE, FAIL]],
])('when the %s of what is sent with COMMIT fails, nothing is written', async (_, statements) => {
  const before = await written();
  const failure = run(async (database) => {
    await database.now();
    await database.commit(statements.map((each) => each.with('0')));
  });
  await expect(failure).rejects.toMatchObject({ driverError: { code: '22012' } });
  expect(await written()).toEqual(before);
});

test('a statement that cannot be prepared, nor those behind it, can be sent again over the same connection', async () => {
  const failure = await run(async (database) => {
    await database.now();
    await database.send([LATER.with('0'), ECHO.with('1')]);
  }).catch((reason: unknown) => reason);
  expect(failure).toMatchObject({ driverError: { code: '42P01' }, query: LATER.text });
  await service.dataSource.query('CREATE TABLE made_later ()');
  const again = run((database) => database.send([LATER.with('0'), ECHO.with('1')]));
  expect(await again).toEqual([[], [{ number: 1, nothing: null }]]);
});

test('a COMMIT of which PostgreSQL made a rollback is a failure', async () => {
  const failure = run(async (database) => {
    await database.send([FAIL.with('0')]).catch(() => {});
    await database.commit([]);
  });
  await expect(failure).rejects.toThrow('the transaction was rolled back');
});

test('what throws before the end writes nothing', async () => {
  const before = await written();
  const failure = run(async (database) => {
    await database.send([WRITE.with('5')]);
    throw new Error('refused');
  });
  await expect(failure).rejects.toThrow('refused');
  expect(await written()).toEqual(before);
});

test('that fewer rows were changed than should have been is a failure', async () => {
  const error: unknown = await run((database) => database.send([TOO_FEW.with('1')])).catch(
    (reason) => reason,
  );
  expect(changedOtherRowCount(error)).toBe(true);
  await run((database) => database.send([TOO_FEW.with('2')]));
});
