import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MakerClient, TakerClient } from './support/clients.js';
import { type Answer, call, type CallOptions } from './support/http.js';
import * as refused from './support/refused.js';
import { expectRefusedUnchanged, INVALID, type Refusal, RULES, wrongValues } from './support/refused.js';
import { startService, type TestService } from './support/service.js';

/** What is wrong in calls on orders that are there: named, refused, and without effect. */
const hexBytes = (count: number) => `0x${'5c'.repeat(count)}`;
const HASH = hexBytes(32);
const ADDRESS = '0x71c7656ec7ab88b098defb751b7401b5f6d8976f';
const WRONG_CHECKSUM = '0x71c7656EC7ab88b098defB751B7401B5f6d8976f';
const NOT_ADDRESS = [undefined, null, 7, '', ADDRESS.slice(0, -1), ADDRESS.slice(2), WRONG_CHECKSUM];
const NOT_HASH = [undefined, null, 7, [HASH], '', hexBytes(31), hexBytes(33), HASH.slice(2)];
const NOT_TEXT = [7, true, [], {}, '', 'm'.repeat(1001), '🙂'.repeat(1001), 'a\u0000b', 'a\ud83d'];
const whole = (min: number, max: number) => `must be a whole number from ${min} to ${max}`;

let service: TestService;
let maker: MakerClient;
let taker: TakerClient;

beforeAll(async () => {
  service = await startService();
  [maker, taker] = [await service.newMaker(), await service.newTaker()];
});
afterAll(() => service.stop());

const expectRefused = (refusal: Refusal, details: string | RegExp, act: () => Promise<Answer>) =>
  expectRefusedUnchanged(service.dataSource, act, refusal, details);

describe('an order_id', () => {
  test.each([
    ['a number', '1'],
    ['a word', 'latest'],
    ['a hash without 0x', HASH.slice(2)],
    ['a hash that is too short', hexBytes(31)],
    ['a hash that is too long', hexBytes(33)],
    ['a UUID without hyphens', randomUUID().replaceAll('-', '')],
    ['a UUID in braces', `%7B${randomUUID()}%7D`],
    ['NUL', '%00'],
    ['a space', '%20'],
    ['a path', '..%2Forders'],
    ['very long', 'x'.repeat(200)],
  ])('that is %s is refused', async (_, id) => {
    const details = /^order_id must be a UUID or an order hash/;
    await expectRefused(INVALID, details, () => maker.call('GET', `/orders/${id}`));
    await expectRefused(INVALID, details, () => maker.call('POST', `/orders/${id}/cancel`));
    await expectRefused(INVALID, details, () => maker.call('DELETE', `/orders/${id}`));
  });

  test('with a broken percent-encoding is refused', () =>
    expectRefused(INVALID, /percent-encoded/, () => maker.call('GET', '/orders/%zz')));

  test.each([
    ['a hash', HASH],
    ['a UUID', randomUUID()],
  ])('that is %s of no order is not found', (_, id) =>
    expectRefused(refused.ORDER_NOT_FOUND, /./, () => maker.call('GET', `/orders/${id}`)),
  );
});

describe('on a pending order, nothing changes for', () => {
  test.each([
    ...wrongValues('reason', RULES.text, NOT_TEXT),
    ...wrongValues('message', RULES.unknown, ['m']),
  ])('cancel: $title', async ({ field, value, details }) => {
    const { id } = await maker.place();
    await expectRefused(INVALID, details, () => maker.cancel(id, { [field]: value }));
  });

  test.each([
    ...wrongValues('order_hash', RULES.hash, NOT_HASH),
    ...wrongValues(
      'taker_address',
      RULES.address,
      NOT_ADDRESS.filter((value) => value != null),
    ),
    ...wrongValues('lock_duration', whole(1, 604_800), [0, -1, 1.5, '60', true, [], 604_801, 2 ** 53]),
    ...wrongValues('force', RULES.unknown, [true]),
  ])('lock: $title', async ({ field, value, details }) => {
    const { order_hash } = await maker.place();
    await expectRefused(INVALID, details, () => taker.lock(order_hash, { [field]: value }));
  });

  test.each([
    ['of another taker', async () => (await service.newTaker()).address],
    ['of nobody', () => ADDRESS],
  ])('lock: a taker_address %s', async (_, address) => {
    const [{ order_hash }, taker_address] = [await maker.place(), await address()];
    const lock = () => taker.lock(order_hash, { taker_address });
    await expectRefused(refused.TAKER_ADDRESS_NOT_ALLOWED, new RegExp(taker_address), lock);
  });
});

test('a reason of 1,000 emoji is kept', async () => {
  const { id, order_hash } = await maker.place();
  await taker.lock(order_hash);
  expect((await maker.cancel(id, { reason: '🙂'.repeat(1000) })).status).toBe(202);
  expect((await maker.order(id)).cancellation.reason).toBe('🙂'.repeat(1000));
});

test.each([
  ...wrongValues('order_hash', RULES.hash, NOT_HASH),
  ...wrongValues('taker_address', RULES.unknown, [ADDRESS]),
])('unlock changes nothing for $title', async ({ field, value, details }) => {
  const { order_hash } = await maker.place();
  await taker.lock(order_hash);
  const json = { order_hash, [field]: value };
  await expectRefused(INVALID, details, () => taker.call('POST', '/orders/unlock', { json }));
});

test.each<[call: string, by: 'maker' | 'taker']>([
  ['POST /makers/connect', 'maker'],
  ['POST /orders', 'maker'],
  ['GET /orders/maker/next-nonce', 'maker'],
  ['GET /orders/ID', 'maker'],
  ['POST /orders/ID/cancel', 'maker'],
  ['DELETE /orders/ID', 'maker'],
  ['POST /orders/validate', 'taker'],
  ['POST /orders/lock', 'taker'],
  ['POST /orders/unlock', 'taker'],
])('%s refuses an unknown query parameter', async (name, by) => {
  const [method, path] = name.replace('ID', (await maker.place()).id).split(' ') as [string, string];
  const caller = by === 'maker' ? maker : taker;
  await expectRefused(INVALID, 'no_such_parameter is not a known query parameter', () =>
    caller.call(method, `${path}?no_such_parameter=1`),
  );
});

test.each([
  'POST /',
  'GET /api/v2/orders',
  'GET /api/v1/nothing',
  'PUT /api/v1/orders',
  'POST /api/v1/orders/ID/grab',
])('%s is no route', async (name) => {
  const [method, path] = name.replace('ID', HASH).split(' ') as [string, string];
  await expectRefused(refused.ROUTE_NOT_FOUND, /./, () => call(method, service.url + path));
});

describe('X-Request-Id', () => {
  const ping = (id?: string) =>
    taker.call('POST', '/orders/unlock', {
      json: {},
      headers: id === undefined ? {} : { 'x-request-id': id },
    });

  test.each(['a', '7', 'Az-09._', 'x'.repeat(128), randomUUID()])('%s is echoed', async (id) => {
    expect((await ping(id)).headers.get('x-request-id')).toBe(id);
  });

  test.each([undefined, '', 'x'.repeat(129), 'a b', 'a/b', 'a,b', 'ü', '{}'])(
    '%j is replaced',
    async (id) => {
      const made = [await ping(id), await ping(id)].map(({ headers }) => headers.get('x-request-id'));
      for (const requestId of made) expect(requestId).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
      expect(new Set([...made, id]).size).toBe(3);
    },
  );

  test.each<[status: number, method: string, path: string, options: CallOptions]>([
    [200, 'GET', '/api/v1/orders/maker/next-nonce', {}],
    [400, 'POST', '/api/v1/makers/connect', { json: {} }],
    [400, 'POST', '/api/v1/orders', { raw: '{' }],
    [400, 'GET', '/api/v1/orders/%zz', {}],
    [401, 'GET', '/api/v1/orders/maker/next-nonce', { headers: { authorization: 'none' } }],
    [404, 'GET', '/api/v1/nothing', {}],
    [404, 'GET', `/api/v1/orders/${HASH}`, {}],
    [413, 'POST', '/api/v1/orders', { raw: ' '.repeat(64 * 1024 + 1) }],
    [415, 'POST', '/api/v1/orders', { raw: '{}', headers: { 'content-type': 'text/plain' } }],
  ])('is on a %i answer to %s %s', async (status, method, path, options) => {
    const headers = { authorization: `Bearer ${maker.token}`, 'x-request-id': 'mine', ...options.headers };
    const answer = await call(method, service.url + path, { ...options, headers });
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([status, 'mine']);
  });
});
