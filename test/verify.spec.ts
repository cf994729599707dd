import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import dataSource from '../ormconfig.js';
import { type BusyRun, busyRun } from './support/busy-run.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { brokenInvariants } from './support/invariants.js';
import { startService, type TestService } from './support/service.js';
import { runVerify } from './support/verify-tool.js';

/** Each test damages a copy of the database of a busy run by hand, and sees what the checks find. */
let service: TestService;
let run: BusyRun;
let copy: TestDatabase;
beforeAll(async () => {
  service = await startService();
  run = await busyRun(service);
  await service.app.close(); // a database is copied when nobody is connected to it
}, 60_000);
afterAll(() => service.stop());

beforeEach(async () => {
  copy = await createTestDatabase(new URL(service.databaseUrl).pathname.slice(1));
  await dataSource.setOptions({ url: copy.url }).initialize();
});
afterEach(async () => {
  await dataSource.destroy();
  await copy.drop();
});

jest.setTimeout(60_000);

const sql = (text: string, ...parameters: unknown[]) => dataSource.query(text, parameters);
const requestOf = async (hash: string): Promise<string> => {
  const [row] = await dataSource.query<[{ id: string }]>(
    `SELECT r.id FROM cancellation_requests r JOIN orders o ON o.id = r.order_id WHERE order_hash = $1
     ORDER BY order_version DESC LIMIT 1`,
    [hash],
  );
  return row.id;
};

const OF_ORDER = 'order_id = (SELECT id FROM orders WHERE order_hash = $1)';

interface Damage {
  what: string;
  breaks: number;
  on: keyof BusyRun;
  /** Statements that are given the order's hash; each is a transaction of its own. */
  by: string[];
}

/** Of orders, reported by their hash. */
const ORDER_DAMAGE: Damage[] = [
  {
    breaks: 1,
    what: 'a final order goes on to another status',
    on: 'accepted',
    by: ["UPDATE orders SET status = 'expired' WHERE order_hash = $1"],
  },
  {
    breaks: 2,
    what: 'an event is missing',
    on: 'late',
    by: [`DELETE FROM order_events WHERE order_hash = $1 AND payload ->> 'status' = 'timed_out'`],
  },
  {
    breaks: 2,
    what: 'the order is ahead of its events',
    on: 'locked',
    by: ['UPDATE orders SET version = version + 1 WHERE order_hash = $1'],
  },
  {
    breaks: 2,
    what: 'ids do not grow with the versions',
    on: 'locked',
    by: ['UPDATE order_events SET xid = pg_current_xact_id() WHERE order_hash = $1 AND version = 1'],
  },
  {
    breaks: 3,
    what: 'a transition that the table does not have',
    on: 'cancelled',
    by: [
      "UPDATE order_events SET to_status = 'rejected' WHERE order_hash = $1 AND to_status = 'cancelled'",
      "UPDATE orders SET status = 'rejected' WHERE order_hash = $1",
    ],
  },
  {
    breaks: 3,
    what: 'a transition by one who may not cause it',
    on: 'cancelled',
    by: [
      `UPDATE order_events SET actor = '{"kind":"timer"}' WHERE order_hash = $1 AND to_status = 'cancelled'`,
    ],
  },
  {
    breaks: 3,
    what: 'a transition that does not start where the one before ended',
    on: 'unlocked',
    by: [
      `UPDATE order_events SET from_status = 'suspended', actor = '{"kind":"operator"}'
       WHERE order_hash = $1 AND from_status = 'locked'`,
      `UPDATE order_events SET payload = payload #- '{metadata,cause}' WHERE order_hash = $1 AND from_status = 'suspended'`,
    ],
  },
  {
    breaks: 3,
    what: 'a status without a transition to it',
    on: 'pending',
    by: ["UPDATE orders SET status = 'suspended' WHERE order_hash = $1"],
  },
  {
    breaks: 4,
    what: 'a fill that the order does not know of',
    on: 'filled',
    by: [`UPDATE fills SET fill_quantity = fill_quantity + 1 WHERE ${OF_ORDER}`],
  },
  {
    breaks: 5,
    what: 'a fill of a cancelled order',
    on: 'accepted',
    by: [
      'ALTER TABLE orders DROP CONSTRAINT orders_filled_fits_status',
      `INSERT INTO fills (order_id, taker_id, taker_address, fill_quantity, fill_amount, fee_amount, incentive_amount,
         taker_incentive, status, created_at)
       SELECT id, locked_taker_id, locked_by, 1, 1, 0, 0, 0, 'partially_filled', updated_at
       FROM orders WHERE order_hash = $1`,
      'UPDATE orders SET filled_quantity = 1 WHERE order_hash = $1',
    ],
  },
  {
    breaks: 6,
    what: 'a lock that came without a transition',
    on: 'locked',
    by: ['UPDATE orders SET lock_id = gen_random_uuid() WHERE order_hash = $1'],
  },
  {
    breaks: 6,
    what: 'a lock that is ended while another lives',
    on: 'unlocked',
    by: [
      `UPDATE order_events SET payload = jsonb_set(payload, '{metadata,lock_id}', '"another"')
       WHERE order_hash = $1 AND from_status = 'locked'`,
    ],
  },
  {
    breaks: 7,
    what: 'an unlock by another than the holder',
    on: 'unlocked',
    by: [
      `UPDATE order_events SET actor = jsonb_set(actor, '{taker_id}', '"another"')
       WHERE order_hash = $1 AND from_status = 'locked'`,
    ],
  },
  {
    breaks: 7,
    what: 'an answer by another than the holder',
    on: 'refused',
    by: [
      `UPDATE order_events SET actor = jsonb_set(actor, '{taker_id}', '"another"')
       WHERE order_hash = $1 AND payload ->> 'resolved_by' = 'answer'`,
    ],
  },
  {
    breaks: 7,
    what: 'an answer after the end of the lock',
    on: 'accepted',
    by: [
      `UPDATE order_events SET payload = jsonb_set(payload, '{metadata,expires_at}', to_jsonb(created_at))
       WHERE order_hash = $1 AND to_status = 'locked'`,
    ],
  },
  {
    breaks: 7,
    what: 'a fill in the name of another taker',
    on: 'filled',
    by: [
      `UPDATE fills SET taker_id = (SELECT id FROM takers WHERE id <> taker_id LIMIT 1) WHERE ${OF_ORDER}`,
    ],
  },
  {
    breaks: 9,
    what: 'an event in a transaction after that of its change',
    on: 'pending',
    by: [
      "UPDATE orders SET status = 'suspended', version = 2, updated_at = now() WHERE order_hash = $1",
      `INSERT INTO order_events (order_id, version, type, from_status, to_status, order_hash, maker, actor, payload, created_at)
       SELECT id, 2, 'order_status_change', 'pending', 'suspended', order_hash, maker, '{"kind":"operator"}', '{}', updated_at
       FROM orders WHERE order_hash = $1`,
    ],
  },
  {
    breaks: 9,
    what: 'a change without an event of its own',
    on: 'locked',
    by: [
      "UPDATE orders SET notes = 'changed', updated_at = updated_at + interval '1 second' WHERE order_hash = $1",
    ],
  },
];

/** Of cancellation requests, reported by the id of the order's latest. */
const REQUEST_DAMAGE: Damage[] = [
  {
    breaks: 8,
    what: 'a verdict that its event does not tell',
    on: 'refused',
    by: [
      `UPDATE cancellation_requests SET message = 'in other words' WHERE ${OF_ORDER} AND order_version = (
            SELECT max(order_version) FROM cancellation_requests WHERE ${OF_ORDER})`,
    ],
  },
  {
    breaks: 8,
    what: 'an accepted request without a transition',
    on: 'refused',
    by: [
      `UPDATE order_events SET payload = jsonb_set(payload, '{status}', '"accepted"')
       WHERE order_hash = $1 AND version = (SELECT max(version) FROM order_events WHERE order_hash = $1)`,
      `UPDATE cancellation_requests SET status = 'accepted' WHERE ${OF_ORDER} AND order_version = (
            SELECT max(order_version) FROM cancellation_requests WHERE ${OF_ORDER})`,
    ],
  },
  {
    breaks: 11,
    what: 'a request that is open after its end',
    on: 'accepted',
    by: [
      `UPDATE cancellation_requests SET status = 'requested', resolved_by = NULL, resolved_at = NULL, message = NULL
       WHERE ${OF_ORDER}`,
    ],
  },
  {
    breaks: 11,
    what: 'a request that outlives its lock',
    on: 'asked',
    by: [`UPDATE cancellation_requests SET lock_id = gen_random_uuid() WHERE ${OF_ORDER}`],
  },
  {
    breaks: 12,
    what: 'a request that no timer ended',
    on: 'asked',
    by: [
      `UPDATE cancellation_requests SET requested_at = requested_at - interval '1 day', expires_at = now() - interval '2 minutes'
       WHERE ${OF_ORDER}`,
    ],
  },
  {
    breaks: 14,
    what: 'a push before the request was made',
    on: 'asked',
    by: [`UPDATE cancellation_requests SET pushed_at = requested_at - interval '1 second' WHERE ${OF_ORDER}`],
  },
  {
    breaks: 14,
    what: 'a push after its end',
    on: 'accepted',
    by: [`UPDATE cancellation_requests SET pushed_at = resolved_at + interval '1 second' WHERE ${OF_ORDER}`],
  },
];

async function damage({ on, by }: Damage): Promise<void> {
  for (const statement of by) await sql(statement, ...(statement.includes('$1') ? [run[on]] : []));
}

test('a busy run breaks nothing', async () => {
  expect(await brokenInvariants(dataSource)).toEqual([]);
});

test('nor do rows that were rewritten as they are, by a migration or a restored dump', async () => {
  await sql('UPDATE orders SET notes = notes');
  await sql('UPDATE fills SET status = status');
  await sql('UPDATE cancellation_requests SET reason = reason');
  expect(await brokenInvariants(dataSource)).toEqual([]);
  await sql('UPDATE order_events SET maker = maker');
  await sql('UPDATE orders SET notes = notes');
  expect(await brokenInvariants(dataSource)).toEqual([]);
});

test.each([0.25, 0.5, 0.75])('nor do old events that are no longer kept: %d of them', async (share) => {
  await sql(
    `DELETE FROM order_events WHERE created_at < (
       SELECT percentile_disc($1::double precision) WITHIN GROUP (ORDER BY created_at) FROM order_events)`,
    share,
  );
  expect(await brokenInvariants(dataSource)).toEqual([]);
});

test('2: without any event, every order is reported', async () => {
  await sql('TRUNCATE order_events');
  const [{ orders }] = await dataSource.query<[{ orders: number }]>(
    'SELECT count(*)::integer AS orders FROM orders',
  );
  expect(await brokenInvariants(dataSource)).toMatchObject([
    { number: 2, violations: orders },
    { number: 8 },
  ]);
});

describe('exactly the broken invariant is found', () => {
  test.each(ORDER_DAMAGE)('$breaks: $what', async (of) => {
    await damage(of);
    const findings = await brokenInvariants(dataSource);
    expect(findings).toMatchObject([{ number: of.breaks, examples: [run[of.on]] }]);
  });

  test.each(REQUEST_DAMAGE)('$breaks: $what', async (of) => {
    await damage(of);
    const findings = await brokenInvariants(dataSource);
    expect(findings).toMatchObject([{ number: of.breaks, examples: [await requestOf(run[of.on])] }]);
  });

  test('10: two open requests on an order', async () => {
    await sql('DROP INDEX cancellation_requests_one_open');
    await sql(
      `INSERT INTO cancellation_requests (order_id, order_version, lock_id, taker_id, taker_address, reason, status,
         requested_at, expires_at)
       SELECT order_id, order_version + 1, lock_id, taker_id, taker_address, reason, status, requested_at, expires_at
       FROM cancellation_requests WHERE ${OF_ORDER}`,
      run.asked,
    );
    expect(await brokenInvariants(dataSource)).toMatchObject([{ number: 10, examples: [run.asked] }]);
  });

  test('13: a nonce that a maker used twice', async () => {
    await sql('ALTER TABLE orders DROP CONSTRAINT orders_nonce_once');
    const sameNonce = [run.pending, run.cancelled];
    await sql('UPDATE orders SET nonce = 7 WHERE order_hash = ANY ($1)', sameNonce);
    const examples = [sameNonce.toSorted()[0]];
    expect(await brokenInvariants(dataSource)).toMatchObject([{ number: 13, violations: 1, examples }]);
  });
});

describe('npm run verify', () => {
  const SENTENCES = [
    'final orders never change',
    "versions of an order's events are dense from 1 and the last equals the order",
    'every transition is allowed',
    '0 ≤ sum of fills ≤ quantity, and equals filled_quantity',
    'no fill after the cancellation of its order',
    'at most one live lock an order',
    'fill, unlock, reject, answer only by the holder at that moment',
    'each recorded verdict has exactly one event, and each accepted one exactly one transition',
    'each transition and its event share one transaction',
    'at most one open request an order',
    'each request ended once',
    'none is `requested` past its expiry plus a grace of 1 minute',
    'nonces are unique per maker',
    'each pushed request has `pushed_at` within its life',
  ];
  const line = (number: string | number, violations: string | number, text: string) =>
    `${String(number).padStart(2)}  ${String(violations).padStart(10)}  ${text}`;

  test('prints each invariant with its count, and ends with code 0', async () => {
    const { code, stdout, stderr } = await runVerify(['--database-url', copy.url]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      line('no', 'violations', 'invariant'),
      ...SENTENCES.map((sentence, index) => line(index + 1, 0, sentence)),
      '',
      'all hold',
      '',
    ]);
  });

  test('gives a few examples of what is broken, and ends with code 1', async () => {
    await sql('UPDATE orders SET version = version + 1');
    await sql(
      'UPDATE cancellation_requests SET pushed_at = requested_at - $1::interval WHERE id = $2',
      '1 s',
      await requestOf(run.asked),
    );
    const [{ orders }] = await dataSource.query<[{ orders: number }]>(
      'SELECT count(*)::integer AS orders FROM orders',
    );
    const { code, stdout } = await runVerify([], { DATABASE_URL: copy.url });
    expect(code).toBe(1);
    const lines = stdout.split('\n');
    const hash = expect.stringMatching(/^ {18}0x[0-9a-f]{64}$/);
    expect(lines.slice(2, 9)).toEqual([
      line(2, orders, SENTENCES[1]!),
      hash,
      hash,
      hash,
      hash,
      hash,
      line('', '', `  and ${orders - 5} more`),
    ]);
    expect(lines.slice(-5)).toEqual([
      line(14, 1, SENTENCES[13]!),
      line('', '', `  ${await requestOf(run.asked)}`),
      '',
      '2 broken',
      '',
    ]);
  });

  test('needs to read only', async () => {
    const [role, password] = [`reader_${randomBytes(6).toString('hex')}`, randomBytes(12).toString('hex')];
    await sql(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
    try {
      await sql(`GRANT SELECT ON orders, cancellation_requests, fills, order_events TO ${role}`);
      await sql(`ALTER ROLE ${role} SET default_transaction_read_only = on`);
      const url = Object.assign(new URL(copy.url), { username: role, password });
      expect(await runVerify(['--database-url', url.href])).toMatchObject({ code: 0, stderr: '' });
    } finally {
      await sql(`DROP OWNED BY ${role}`);
      await sql(`DROP ROLE ${role}`);
    }
  });

  test('waits for no lock and holds up no writer', async () => {
    const writer = dataSource.createQueryRunner();
    await writer.startTransaction();
    await writer.query('UPDATE orders SET version = version + 1');
    expect(await runVerify(['--database-url', copy.url])).toMatchObject({ code: 0 });
    await writer.rollbackTransaction();
    await writer.release();
  });

  test.each([
    [
      'a database that is away',
      ['--database-url', 'postgres://127.0.0.1:1/none'],
      /^lockstep: cannot check: cannot use the database at 127\.0\.0\.1:1\/none: .+\n$/,
    ],
    [
      'no URL',
      ['--database-url', 'mysql://there'],
      /^lockstep: cannot check: DATABASE_URL must be a postgres:\/\/ URL\n$/,
    ],
    ['an empty URL', ['--database-url', ''], /It must not be empty/],
    ['an unknown option', ['--quick'], /unknown option '--quick'/],
  ])('ends with code 2 and a line of its own: %s', async (_, args, reason) => {
    expect(await runVerify(args)).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(reason) });
  });

  test('a database without the tables cannot be checked', async () => {
    await sql('DROP TABLE fills');
    const { code, stderr } = await runVerify(['--database-url', copy.url]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'lockstep: cannot check: relation "fills" does not exist\n',
    });
  });
});
