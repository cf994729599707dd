import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { changedTooFew, PreparedStatement, sentTogether, Transaction } from '#database';
import { startService, type TestService } from './support/service.js';

/** Transactions whose statements are sent without waiting for each other. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
  await service.dataSource.query('CREATE TABLE written (number integer)');
});
afterAll(() => service.stop());

const statement = (text: string): PreparedStatement => new PreparedStatement(text, text);
const WRITE = statement('INSERT INTO written VALUES ($1::integer)');
const FAIL = statement('SELECT 1 / $1::integer');
const TOO_FEW = statement("SELECT require_rows('orders', $1::integer, 2)");

const written = async (): Promise<number[]> => {
  const rows = await service.dataSource.query<{ number: number }[]>('SELECT number FROM written ORDER BY 1');
  return rows.map(({ number }) => number);
};

const run = <T>(work: (database: Transaction) => Promise<T>): Promise<T> =>
  Transaction.run(service.dataSource, work);

test('what is sent with COMMIT is committed', async () => {
  await run(async (database) => {
    await database.now();
    await sentTogether([database.send(WRITE, [1]), database.send(WRITE, [2]), database.commit()]);
  });
  expect(await written()).toEqual([1, 2]);
});

test.each([
  ['first', [FAIL, WRITE]],
  ['last', [WRITE, FAIL]],
])('when the %s of what is sent with COMMIT fails, nothing is written', async (_, statements) => {
  const before = await written();
  const failure = run(async (database) => {
    await database.now();
    await sentTogether([...statements.map((each) => database.send(each, [0])), database.commit()]);
  });
  await expect(failure).rejects.toMatchObject({ driverError: { code: '22012' } });
  expect(await written()).toEqual(before);
});

test('a COMMIT of which PostgreSQL made a rollback is a failure', async () => {
  const failure = run(async (database) => {
    await database.send(FAIL, [0]).catch(() => {});
    await database.commit();
  });
  await expect(failure).rejects.toThrow('the transaction was rolled back');
});

test('what throws before the end writes nothing', async () => {
  const before = await written();
  const failure = run(async (database) => {
    await database.now();
    await database.send(WRITE, [3]);
    throw new Error('refused');
  });
  await expect(failure).rejects.toThrow('refused');
  expect(await written()).toEqual(before);
});

test('that fewer rows were changed than should have been is a failure', async () => {
  const error: unknown = await run((database) => database.send(TOO_FEW, [1])).catch((reason) => reason);
  expect(changedTooFew(error)).toBe(true);
  await run((database) => database.send(TOO_FEW, [2]));
});

test('the first to fail is the reason, though its failure may be heard of after those of the others', async () => {
  const failure = run(async (database) => {
    const cause = database.send(FAIL, [0]);
    const consequence = database.now();
    // as when the cause is handled by more functions on its way
    const late = consequence.catch(() => {}).then(() => cause);
    return sentTogether([late, consequence]);
  });
  await expect(failure).rejects.toMatchObject({ driverError: { code: '22012' } });
});
