import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import type { MakerClient, TakerClient } from './support/clients.js';
import { call } from './support/http.js';
import { refusal } from './support/refused.js';
import { startService, type TestService } from './support/service.js';
import { Socket } from './support/socket.js';
import { until } from './support/until.js';

/** How sockets are opened, refused, kept alive and closed. */
let service: TestService;
let taker: TakerClient;
let maker: MakerClient;
beforeAll(async () => {
  service = await startService();
  [taker, maker] = [await service.newTaker(), await service.newMaker()];
});
afterAll(() => service.stop());

const TAKER = '/ws/taker/v1?types=order_status_change,cancellation_request';
const MAKER = '/ws/maker/v1?types=order_status_change,cancellation_update';

describe('a taker is let in by its key', () => {
  test.each([
    ['in X-API-Key', TAKER, () => ({ 'x-api-key': taker.apiKey })],
    ['in Authorization', TAKER, () => ({ authorization: `Bearer ${taker.apiKey}` })],
  ])('%s', async (_, path, headers) => {
    const socket = await Socket.open(service.url + path, { headers: headers() });
    await socket.close();
  });

  test('in the query, as a browser does', async () => {
    const socket = await Socket.open(`${service.url}${TAKER}&api_key=${taker.apiKey}`);
    await socket.close();
  });
});

describe('a maker is let in by its token', () => {
  test('in Authorization', async () => {
    const socket = await maker.socket();
    await socket.close();
  });

  test("in the sub-protocols ['jwt', token], as a browser does", async () => {
    const socket = await Socket.open(service.url + MAKER, {}, ['jwt', maker.token]);
    expect(socket.ws.protocol).toBe('jwt');
    await socket.close();
  });
});

test('heartbeat among the types is accepted, and changes nothing', async () => {
  const sockets = [
    await taker.socket('order_status_change,heartbeat'),
    await taker.socket('heartbeat,order_status_change'),
    await maker.socket('heartbeat,order_status_change'),
  ];
  const { order_hash } = await maker.place();
  const told = await Promise.all(
    sockets.map((socket) => socket.hear(({ data }) => data.order_hash === order_hash)),
  );
  expect(told.map(({ type }) => type)).toEqual(Array(3).fill('order_status_change'));
  expect(sockets.map(({ messages }) => messages.length)).toEqual([1, 1, 1]);
  await Promise.all(sockets.map((socket) => socket.close()));
});

describe('an upgrade is refused with the envelope', () => {
  const key = () => ({ 'x-api-key': taker.apiKey });
  const token = () => ({ authorization: `Bearer ${maker.token}` });
  const none = () => ({});
  const unknownKey = () => ({ 'x-api-key': taker.apiKey.replace(/.$/, (c) => (c === '0' ? '1' : '0')) });
  const foreignToken = () => ({
    authorization: `Bearer ${new JwtService().sign({ wallet_address: maker.address, chain_id: '97' }, { secret: 'x' })}`,
  });
  const expiredToken = () => {
    const claims = { wallet_address: maker.address, chain_id: '97' };
    const options = { secret: service.settings.JWT_SECRET, expiresIn: -1 } as const;
    return { authorization: `Bearer ${new JwtService().sign(claims, options)}` };
  };
  const TYPES = 'must be a comma-separated list of order_status_change, cancellation_request';

  test.each([
    ['no key', TAKER, none, 401, 10010012, 'Missing required header', 'X-API-Key'],
    ['an unknown key', TAKER, unknownKey, 401, 10010009, 'API key not found', 'X-API-Key'],
    ["a maker's token as key", TAKER, token, 401, 10010009, 'API key not found', 'X-API-Key'],
    ['no types', '/ws/taker/v1', key, 400, 400001, 'Invalid parameter', `types is required and ${TYPES}`],
    ['empty types', '/ws/taker/v1?types=', key, 400, 400001, 'Invalid parameter', `types ${TYPES}`],
    [
      "a maker's type",
      '/ws/taker/v1?types=cancellation_update',
      key,
      400,
      400001,
      'Invalid parameter',
      TYPES,
    ],
    [
      'types twice',
      `${TAKER}&types=order_status_change`,
      key,
      400,
      400001,
      'Invalid parameter',
      'types is given twice',
    ],
    [
      'after 3 times, the key twice',
      `/ws/taker/v1?after=1&after=2&after=3&api_key=1&api_key=2`,
      key,
      400,
      400001,
      'Invalid parameter',
      'after is given 3 times; api_key is given twice',
    ],
    [
      "a maker's types twice",
      `${MAKER}&types=order_status_change`,
      token,
      400,
      400001,
      'Invalid parameter',
      'types is given twice',
    ],
    ['an unknown parameter', `${TAKER}&type=x`, key, 400, 400001, 'Invalid parameter', 'type is not a known'],
    ['no token', MAKER, none, 401, 401, 'Invalid token', 'Authorization'],
    ['a foreign token', MAKER, foreignToken, 401, 401, 'Invalid token', 'not issued by this service'],
    ['an expired token', MAKER, expiredToken, 401, 401, 'Token expired', 'log in again'],
    [
      "a taker's type",
      '/ws/maker/v1?types=cancellation_request',
      token,
      400,
      400001,
      'Invalid parameter',
      'types',
    ],
    ['an unknown path', '/ws/other', key, 404, 404000, 'Route not found', '/ws/other'],
  ])('%s', async (_, path, headers, status, code, message, details) => {
    const refused = await Socket.refused(service.url + path, {
      headers: { ...headers(), 'x-request-id': 'mine-1' },
    });
    const { body } = refused;
    expect({ status: refused.status, body }).toEqual(
      refusal(status, code, message, expect.stringContaining(details)),
    );
    expect(refused.headers['x-request-id']).toBe('mine-1');
    expect(refused.headers['content-type']).toContain('application/json');
  });

  test('a revoked key, within 5 seconds', async () => {
    const other = await service.newTaker();
    const open = () => Socket.open(service.url + TAKER, { headers: { 'x-api-key': other.apiKey } });
    await (await open()).close();
    await service.dataSource.query('UPDATE api_keys SET revoked_at = clock_timestamp() WHERE id = $1', [
      other.keyId,
    ]);
    await until(
      () =>
        open().then(
          (socket) => socket.close().then(() => false),
          () => true,
        ),
      'the key to be refused',
    );
  });

  test('a plain GET', async () => {
    const answer = await call('GET', service.url + TAKER, { headers: key() });
    const details = expect.stringMatching(/^this is a socket, and no upgrade was asked for/);
    expect(answer).toMatchObject({
      status: 404,
      body: { code: 404000, message: 'Route not found', details },
    });
  });
});

describe('an open socket', () => {
  test('is closed with 1009 on a frame over 4 KiB; smaller frames are ignored', async () => {
    const socket = await taker.socket();
    socket.ws.send('x'.repeat(4096));
    socket.ws.ping();
    await once(socket.ws, 'pong');
    socket.ws.send('x'.repeat(4097));
    await until(() => socket.closeCode !== undefined, 'the close');
    expect(socket.closeCode).toBe(1009);
  });
});
