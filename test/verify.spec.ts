import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { type BusyCopy, type BusyDatabase, createBusyDatabase, requestOf } from './support/busy-database.js';
import { onServer } from './support/database.js';
import { besideTransaction } from './support/other-transaction.js';
import { runVerify } from './support/verify-tool.js';

/** `npm run verify` as it is run by people and scripts: what it prints, its exit codes, and what it needs. */
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

const SENTENCES = [
  'final orders never change',
  "versions of an order's events are dense from 1 and the last equals the order",
  'every transition is allowed',
  '0 ≤ sum of fills ≤ quantity, and equals filled_quantity',
  'no fill after the cancellation of its order',
  'at most one live lock an order',
  'fill, unlock, reject, answer only by the holder at that moment',
  'each recorded verdict has exactly one event, and each accepted one exactly one transition',
  'each transition and its event are of one moment',
  'at most one open request an order',
  'each request ended once',
  'none is `requested` past its expiry plus a grace of 1 minute',
  'nonces are unique per maker',
  'each pushed request has `pushed_at` within its life',
  'a lock is whole, and lives while its order is locked or suspended',
  'an order is filled as far as its status says',
  'each request is open, or has an end that is whole',
];
const line = (number: string | number, violations: string | number, text: string) =>
  `${String(number).padStart(2)}  ${String(violations).padStart(10)}  ${text}`;

async function rowsRead(): Promise<string> {
  const counts = ['orders', 'cancellation_requests', 'fills', 'order_events'].map(async (table) => {
    const [{ count }] = await copy.dataSource.query<[{ count: string }]>(`SELECT count(*) FROM ${table}`);
    expect(Number(count)).toBeGreaterThan(0);
    return count;
  });
  const [orders, requests, fills, events] = await Promise.all(counts);
  return `read: ${orders} orders, ${requests} cancellation requests, ${fills} fills, ${events} events`;
}

test('prints each invariant with its count, and ends with code 0', async () => {
  const { code, stdout, stderr } = await runVerify(['--database-url', copy.url]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { host, pathname } = new URL(copy.url);
  expect(stdout.split('\n')).toEqual([
    `database: ${host}${pathname}`,
    '',
    line('no', 'violations', 'invariant'),
    ...SENTENCES.map((sentence, index) => line(index < 14 ? index + 1 : index + 7, 0, sentence)),
    '',
    await rowsRead(),
    'all hold',
    '',
  ]);
  expect(stdout).not.toContain(new URL(copy.url).password);
});

test('gives a few examples of what is broken, and ends with code 1', async () => {
  await sql('UPDATE orders SET version = version + 1');
  await sql(
    'UPDATE cancellation_requests SET pushed_at = requested_at - $1::interval WHERE id = $2',
    '1 s',
    await requestOf(copy.dataSource, busy.run.asked),
  );
  const [{ orders }] = await copy.dataSource.query<[{ orders: number }]>(
    'SELECT count(*)::integer AS orders FROM orders',
  );
  const { code, stdout } = await runVerify([], { DATABASE_URL: copy.url });
  expect(code).toBe(1);
  const lines = stdout.split('\n');
  const hash = expect.stringMatching(/^ {18}0x[0-9a-f]{64}$/);
  expect(lines.slice(4, 11)).toEqual([
    line(2, orders, SENTENCES[1]!),
    hash,
    hash,
    hash,
    hash,
    hash,
    line('', '', `  and ${orders - 5} more`),
  ]);
  expect(lines.slice(-9)).toEqual([
    line(14, 1, SENTENCES[13]!),
    line('', '', `  ${await requestOf(copy.dataSource, busy.run.asked)}`),
    ...SENTENCES.slice(14).map((sentence, index) => line(21 + index, 0, sentence)),
    '',
    await rowsRead(),
    '2 broken',
    '',
  ]);
});

test('needs to read only', async () => {
  const [role, password] = [`reader_${randomBytes(6).toString('hex')}`, randomBytes(12).toString('hex')];
  await onServer(copy.superuserUrl, `CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
  try {
    await sql(`GRANT SELECT ON orders, cancellation_requests, fills, order_events TO ${role}`);
    await onServer(copy.superuserUrl, `ALTER ROLE ${role} SET default_transaction_read_only = on`);
    const url = Object.assign(new URL(copy.url), { username: role, password });
    expect(await runVerify(['--database-url', url.href])).toMatchObject({ code: 0, stderr: '' });
  } finally {
    await onServer(copy.superuserUrl, `DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});

test('waits for no lock and holds up no writer', async () => {
  await besideTransaction(copy.dataSource, async (writer) => {
    await writer.query('UPDATE orders SET version = version + 1');
    expect(await runVerify(['--database-url', copy.url])).toMatchObject({ code: 0 });
    await writer.rollbackTransaction();
  });
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
  expect(await runVerify(args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(reason) });
});

test('a database without the tables cannot be checked', async () => {
  await sql('DROP TABLE fills');
  const { code, stderr } = await runVerify(['--database-url', copy.url]);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'lockstep: cannot check: relation "fills" does not exist\n',
  });
});
