import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { dataSourceOptions, PreparedStatement, Transaction } from '#database';
import { DataSource, type EntityManager } from 'typeorm';
import { askedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { besideTransaction, isLockAwaited } from './support/other-transaction.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** Deadlocks (40P01) and serialization failures (40001) are nobody's fault: what met one is tried again, from its start. */
const MAX_TRIES = 3;

let service: TestService;
/** Somebody who may say when deadlocks are looked for. */
let superuser: DataSource;
beforeAll(async () => {
  service = await startService();
  superuser = await new DataSource(dataSourceOptions(service.superuserUrl, [])).initialize();
  await service.dataSource.query('CREATE TABLE counters (id integer PRIMARY KEY, value integer NOT NULL)');
  await service.dataSource.query('INSERT INTO counters VALUES (1, 0), (2, 0)');
});
afterEach(() => expectInvariants(service.dataSource));
afterAll(async () => {
  await superuser.destroy();
  await service.stop();
});

const valueOf = async (id: number): Promise<number> => {
  const [{ value }] = await service.dataSource.query<[{ value: number }]>(
    'SELECT value FROM counters WHERE id = $1',
    [id],
  );
  return value;
};
const ADD = (id: number) => `UPDATE counters SET value = value + 1 WHERE id = ${id}`;
const addBySomebody = (id: number): Promise<unknown> => service.dataSource.query(ADD(id));

describe('a deadlock with a foreign session', () => {
  test.each([true, false])('a verdict, %s, is recorded, once', async (verdict) => {
    const { taker, maker, hash, id, requestId } = await askedOrder(service);
    let answering: ReturnType<typeof taker.answer> | undefined;
    await besideTransaction(superuser, async (other) => {
      // the service's call looks for deadlocks first, so that it is the victim
      await other.query("SET LOCAL deadlock_timeout = '20s'");
      await other.query('SELECT FROM cancellation_requests WHERE id = $1 FOR UPDATE', [requestId]);
      answering = taker.answer(hash, verdict);
      await until(() => isLockAwaited(service.dataSource), 'the call to wait for the request');
      await other.query('SELECT FROM orders WHERE id = $1 FOR UPDATE', [id]);
    });
    succeeded(await answering!, 200);
    expect(await maker.order(id)).toMatchObject({ status: verdict ? 'cancelled' : 'locked' });
  });

  test('rows taken in the opposite order', async () => {
    const before = [await valueOf(1), await valueOf(2)];
    let tries = 0;
    let adding: Promise<void> | undefined;
    await besideTransaction(superuser, async (other) => {
      await other.query("SET LOCAL deadlock_timeout = '20s'");
      await other.query(ADD(2));
      adding = Transaction.run(service.dataSource, async (database) => {
        tries += 1;
        await database.send([new PreparedStatement('add_1', ADD(1)).with()]);
        await database.commit([new PreparedStatement('add_2', ADD(2)).with()]);
      });
      await until(() => isLockAwaited(service.dataSource), 'the deadlock to begin');
      await other.query(ADD(1));
    });
    await adding;
    expect(tries).toBeGreaterThan(1); // the other one may be overtaken once more
    expect([await valueOf(1), await valueOf(2)]).toEqual(before.map((value) => value + 2));
  });
});

describe('a serialization failure', () => {
  /** Reads a counter, has somebody change it so many times, and then changes it: each time too late, but the last. */
  const outpaced = (times: number) => {
    const seen = { tries: 0 };
    const work = async (manager: EntityManager): Promise<number> => {
      seen.tries += 1;
      await manager.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await manager.query('SELECT value FROM counters WHERE id = 1');
      if (seen.tries <= times) await addBySomebody(1);
      await manager.query(ADD(1));
      return seen.tries;
    };
    return { seen, work };
  };

  test('is tried again, from its start, in a transaction of its own', async () => {
    const before = await valueOf(1);
    const { work } = outpaced(MAX_TRIES - 1);
    expect(await Transaction.withManager(service.dataSource, work)).toBe(MAX_TRIES);
    expect(await valueOf(1)).toBe(before + MAX_TRIES);
  });

  test('that comes again and again is given up', async () => {
    const before = await valueOf(1);
    const { seen, work } = outpaced(Infinity);
    await expect(Transaction.withManager(service.dataSource, work)).rejects.toMatchObject({
      driverError: { code: '40001' },
    });
    expect(seen.tries).toBe(MAX_TRIES);
    expect(await valueOf(1)).toBe(before + MAX_TRIES);
  });

  test('among serializable transactions, too', async () => {
    const { dataSource } = service;
    let tries = 0;
    const write = async (manager: EntityManager): Promise<void> => {
      tries += 1;
      await manager.query('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE');
      await manager.query('SELECT sum(value) FROM counters');
      await manager.query(ADD(2));
      if (tries > 1) return;
      // reads what this one writes, writes what this one reads, and commits first
      await dataSource.transaction('SERIALIZABLE', async (other) => {
        await other.query('SELECT sum(value) FROM counters');
        await other.query(ADD(1));
      });
    };
    await Transaction.withManager(dataSource, write);
    expect(tries).toBeGreaterThan(1); // the other one may be overtaken once more
  });
});

test('any other failure is not tried again', async () => {
  let tries = 0;
  const failure = Transaction.withManager(service.dataSource, async (manager) => {
    tries += 1;
    await manager.query('INSERT INTO counters VALUES (1, 0)');
  });
  await expect(failure).rejects.toMatchObject({ driverError: { code: '23505' } });
  expect(tries).toBe(1);
});
