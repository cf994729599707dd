import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BrokenInvariantError, OrderWriter } from '#trading';
import { AdminTool } from './support/admin-tool.js';
import { makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import type { Answer } from './support/http.js';
import { operatorOf } from './support/operator.js';
import { expectRefusal, INTERNAL } from './support/refused.js';
import { ServiceProcess } from './support/service-process.js';
import { startService, TEST_ENVIRONMENT, type TestService } from './support/service.js';

/** Orders whose rows contradict each other, as only damage or a bug can make them: a person has to look first. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const SERVICE = { kind: 'service' };
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

const sql = (statement: string, ...parameters: unknown[]) => service.dataSource.query(statement, parameters);

const expectInternalError = (answer: Answer): void => expectRefusal(answer, INTERNAL, /^request id \S+$/);

const orderRow = async (hash: string) => (await sql('SELECT * FROM orders WHERE order_hash = $1', hash))[0];
const lastEvent = async (hash: string) =>
  (await sql('SELECT * FROM order_events WHERE order_hash = $1 ORDER BY version DESC LIMIT 1', hash))[0];

test.each([
  ['lock_id', 'gen_random_uuid()', /was made under another lock than the order's$/],
  ['taker_address', `'0x${'ab'.repeat(20)}'`, /is to another taker than holds the order$/],
  ['order_version', '99', /is of version 99, but the order is at 3$/],
])(
  'an open request of another %s: suspended by the service, 500 to the caller',
  async (column, value, reason) => {
    const { maker, taker, id, hash, requestId } = await askedOrder(service);
    const socket = await maker.socket();
    await sql(`UPDATE cancellation_requests SET ${column} = ${value} WHERE id = $1`, requestId);
    expectInternalError(await taker.answer(hash, true));

    const { data } = await socket.hear((message) => message.data.to_status === 'suspended');
    expect(data).toMatchObject({ from_status: 'locked', metadata: { cause: 'suspend' } });
    expect(data.metadata.reason).toMatch(reason);
    expect(await lastEvent(hash)).toMatchObject({
      actor: SERVICE,
      from_status: 'locked',
      to_status: 'suspended',
    });
    expect((await orderRow(hash)).notes).toBe(data.metadata.reason);
    expect(await maker.order(id)).toMatchObject({
      status: 'suspended',
      cancellation: { status: 'requested' },
    });
    // from now on it is like any suspended order, not one error after another
    expect(await taker.answer(hash, true)).toMatchObject({ status: 409, body: { code: 409009 } });
    await socket.close();
  },
);

test.each([
  [
    'a lock without an end',
    'lock_expires_at = NULL',
    "the order's lock is not whole, or ends before it began",
  ],
  ['a lock without a holder', 'locked_by = NULL', "the order's lock is not whole, or ends before it began"],
  [
    'a lock that ended before it began',
    "lock_expires_at = locked_at - interval '1 s'",
    /ends before it began$/,
  ],
  ['a part that is filled', 'filled_quantity = 1', 'the order is locked, but filled already'],
])('%s: suspended by the service', async (_, damage, notes) => {
  const { taker, hash } = await lockedOrder(service);
  await sql(`UPDATE orders SET ${damage} WHERE order_hash = $1`, hash);
  expectInternalError(await taker.unlock(hash));
  expect(await orderRow(hash)).toMatchObject({ status: 'suspended', notes: expect.stringMatching(notes) });
});

test('a pending order that is asked about: its maker cannot cancel past the request', async () => {
  const { maker, id, hash } = await askedOrder(service);
  await sql(
    "UPDATE orders SET status = 'pending', lock_id = NULL, lock_expires_at = NULL WHERE order_hash = $1",
    hash,
  );
  expectInternalError(await maker.cancel(id));
  expect(await orderRow(hash)).toMatchObject({
    status: 'suspended',
    notes: expect.stringMatching(/was made under another lock than the order's$/),
  });
});

test('a status that does not exist: 500 to those who call about the order, and to nobody else', async () => {
  const { taker, hash } = await lockedOrder(service);
  const other = await askedOrder(service, { taker });
  await sql("UPDATE orders SET status = 'lost' WHERE order_hash = $1", hash);
  const [broken, whole] = await Promise.all([taker.unlock(hash), taker.answer(other.hash, true)]);
  expectInternalError(broken);
  expect(whole.status).toBe(200);
  expect((await orderRow(hash)).status).toBe('lost');
});

test('an operator is told what is wrong, cannot resume before it is mended, and can cancel', async () => {
  const { taker, hash, requestId } = await askedOrder(service);
  const admin = new AdminTool(service.databaseUrl);
  const [{ lock_id }] = await sql('SELECT lock_id FROM orders WHERE order_hash = $1', hash);
  const setLock = (lock: string) =>
    sql('UPDATE cancellation_requests SET lock_id = $2 WHERE id = $1', requestId, lock);
  await setLock(UNKNOWN_ID);
  expectInternalError(await taker.unlock(hash));
  const message = `the order's data contradicts itself: the open cancellation request ${requestId} was made under`;
  expect(await admin.refusal('order', 'resume', hash)).toContain(message);
  expect((await orderRow(hash)).status).toBe('suspended');

  await setLock(lock_id);
  expect(await admin.json('order', 'resume', hash)).toMatchObject({ status: 'locked', notes: null });
  await setLock(UNKNOWN_ID);
  expectInternalError(await taker.unlock(hash));
  await operatorOf(service).cancel(hash);
  const [request] = await sql(
    'SELECT status, resolved_by FROM cancellation_requests WHERE id = $1',
    requestId,
  );
  expect(request).toEqual({ status: 'accepted', resolved_by: 'lock_expiry' });
});

test("the operator's tool says it in its one line, beside no log of any kind", async () => {
  const { taker, hash, requestId } = await askedOrder(service);
  await sql('UPDATE cancellation_requests SET lock_id = $2 WHERE id = $1', requestId, UNKNOWN_ID);
  expectInternalError(await taker.unlock(hash));
  const environment = { ...TEST_ENVIRONMENT, LOG_LEVEL: 'trace', FORCE_COLOR: '1' };
  const run = async (...args: string[]) => {
    const tool = ServiceProcess.launch({ ...environment, DATABASE_URL: service.databaseUrl }, [
      process.execPath,
      'dist/apps/admin/src/main.js',
      ...args,
    ]);
    const code = await tool.end();
    return { code, stdout: tool.stdout, stderr: tool.stderr };
  };
  expect(await run('order', 'resume', hash)).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^lockstep: the order's data contradicts itself: .*\n$/),
  });
  const cancelled = await run('order', 'cancel', hash, '--reason', 'x');
  expect(cancelled).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(cancelled.stdout)).toMatchObject({ status: 'cancelled' });
});

test('a row that only one change can write is there already: suspended as well', async () => {
  const { taker, hash, placed, id } = await lockedOrder(service);
  await sql(
    `INSERT INTO fills SELECT (jsonb_populate_record(NULL::fills, to_jsonb(f) || jsonb_build_object(
       'id', gen_random_uuid(), 'order_id', $1::uuid, 'fill_quantity', 7))).* FROM fills f WHERE order_id = $2`,
    id,
    await filledOrder(),
  );
  expectInternalError(await taker.fill(placed));
  expect(await orderRow(hash)).toMatchObject({
    status: 'suspended',
    notes: expect.stringContaining('duplicate key value violates unique constraint "fills_order_id_key"'),
  });
  await sql('DELETE FROM fills WHERE order_id = $1', id);
});

test('a row that is to be written is there no more: nothing of the change is, and it is suspended as well', async () => {
  const { taker, hash, requestId } = await askedOrder(service);
  await sql(`
    CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
    CREATE TRIGGER lose BEFORE UPDATE ON cancellation_requests FOR EACH ROW WHEN (OLD.id = '${requestId}')
      EXECUTE FUNCTION lose()`);
  expectInternalError(await taker.answer(hash, true));
  await sql('DROP TRIGGER lose ON cancellation_requests; DROP FUNCTION lose');
  expect(await orderRow(hash)).toMatchObject({
    status: 'suspended',
    notes: 'of 1 open requests, 0 were as they had been read',
  });
  expect(await lastEvent(hash)).toMatchObject({ from_status: 'locked', to_status: 'suspended', version: 4 });
});

test('when even the suspension fails, the caller gets the one error, and the service goes on', async () => {
  const { taker, hash, requestId } = await askedOrder(service);
  const { lock_id } = await orderRow(hash);
  await sql('UPDATE cancellation_requests SET lock_id = gen_random_uuid() WHERE id = $1', requestId);
  await sql("ALTER TABLE orders ADD CONSTRAINT none_is_suspended CHECK (status <> 'suspended') NOT VALID");
  const before = await orderRow(hash);
  expectInternalError(await taker.unlock(hash));
  expect(await orderRow(hash)).toEqual(before);
  await sql('ALTER TABLE orders DROP CONSTRAINT none_is_suspended');
  await sql('UPDATE cancellation_requests SET lock_id = $2 WHERE id = $1', requestId, lock_id);
  succeeded(await taker.unlock(hash), 200);
});

test('met by a timer, it is suspended as well, and not met again', async () => {
  const { hash, requestId } = await askedOrder(service);
  await sql('UPDATE cancellation_requests SET lock_id = gen_random_uuid() WHERE id = $1', requestId);
  await makeDue(service.dataSource, hash, 'lock');
  const settle = () => service.app.get(OrderWriter).settle({ order_hash: hash });
  await expect(settle()).rejects.toThrow(BrokenInvariantError);
  expect((await orderRow(hash)).status).toBe('suspended');
  await settle();
});

test('a final order stays as it is', async () => {
  const { taker, hash, id } = await lockedOrder(service);
  succeeded(await taker.reject(hash), 200);
  await sql(
    `INSERT INTO cancellation_requests
       (order_id, order_version, lock_id, taker_id, taker_address, reason, status, requested_at, expires_at)
     VALUES ($1, 3, gen_random_uuid(), $2, $3, 'x', 'requested', now(), now() + interval '1 minute')`,
    id,
    taker.takerId,
    taker.address,
  );
  const before = await orderRow(hash);
  expectInternalError(await taker.answer(hash, true));
  expect(await orderRow(hash)).toEqual(before);
  await sql('DELETE FROM cancellation_requests WHERE order_id = $1', id);
});

async function filledOrder(): Promise<string> {
  const { taker, placed, id } = await lockedOrder(service);
  succeeded(await taker.fill(placed), 200);
  return id;
}
