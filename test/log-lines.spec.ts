import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ExternalService } from './support/external-service.js';
import { lockedOrder } from './support/handshake.js';
import { call } from './support/http.js';
import { rawCall } from './support/raw-http.js';
import type { ServiceProcess } from './support/service-process.js';
import { Socket } from './support/socket.js';
import { until } from './support/until.js';

/** What the log says of calls: who made them, and nothing that would let anybody else make one. */
let service: ExternalService;
let instance: ServiceProcess;
beforeAll(async () => {
  service = await ExternalService.prepare();
  instance = await service.start({ TRUSTED_PROXIES: '127.0.0.1' });
});
afterAll(async () => {
  await instance.stop();
  await service.drop();
});

// oxlint-disable-next-line typescript/no-explicit-any -- tests compare lines literally
async function lineOf(requestId: string): Promise<any> {
  let line: string | undefined;
  await until(() => {
    line = instance.stdout.split('\n').find((text) => text.includes(`"${requestId}"`));
    return line !== undefined;
  }, 'the line of the call');
  return JSON.parse(line!);
}

test('a line has the route, its own parameters, the address, the key or wallet, and the code', async () => {
  const { maker, taker, hash } = await lockedOrder(service);
  const headers = (id: string) => ({ 'x-request-id': id, 'x-forwarded-for': '203.0.113.7:5000' });
  await taker.call('GET', '/takers/orders?status=locked&page_size=5', { headers: headers('a-list') });
  expect(await lineOf('a-list')).toMatchObject({
    address: '203.0.113.7',
    key: taker.keyId,
    req: { method: 'GET', route: '/api/v1/takers/orders', query: { status: 'locked', page_size: '5' } },
    res: { statusCode: 200, code: 0 },
  });
  await maker.call('GET', `/orders/${hash}`, { headers: headers('an-order') });
  expect(await lineOf('an-order')).toMatchObject({
    wallet: maker.address,
    req: { route: '/api/v1/orders/:order_id', params: { order_id: hash } },
  });
  await call('GET', `${service.url}/api/v1/orders/available`, { headers: headers('a-stranger') });
  const stranger = await lineOf('a-stranger');
  expect(stranger).toMatchObject({ address: '203.0.113.7', res: { statusCode: 401, code: 10010012 } });
  expect([stranger.key, stranger.wallet]).toEqual([undefined, undefined]);
});

test('what is refused before there is a call has a line as well', async () => {
  await rawCall(service.url, 'GET / HTTP/1.1\r\nX-Request-Id: no-http\r\nHost localhost\r\n\r\n');
  expect(await lineOf('no-http')).toMatchObject({ address: '127.0.0.1', status: 400, code: 400001 });
  await rawCall(
    service.url,
    'GET /%zz HTTP/1.1\r\nX-Request-Id: bad-path\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  expect(await lineOf('bad-path')).toMatchObject({ res: { statusCode: 400, code: 400001 } });
});

test('keys and tokens are in no line, wherever they are put', async () => {
  const [maker, taker] = [await service.newMaker(), await service.newTaker()];
  const key = taker.apiKey;
  for (const secret of [key, key.toUpperCase(), encodeURIComponent(key), taker.apiSecret, maker.token]) {
    const paths = [
      `/api/v1/takers/orders?apikey=${secret}`,
      `/api/v1/takers/orders?api%5fkey=${secret}`,
      `/api/v1/takers/orders?ticker=${secret}`,
      `/api/v1/orders?access_token=${secret}`,
      `/api/v1/orders/${secret}`,
      `/api/v1/orders/x${secret}/cancel`,
      `/${secret}`,
      `/nothing?${secret}`,
      `/api/v1/takers/orders?ticker=${'x'.repeat(150)}%20${secret}`,
      `/ws/taker/v1?types=order_status_change&apikey=${secret}`,
    ];
    for (const path of paths) {
      const headers = { authorization: `Bearer ${maker.token}`, 'x-api-key': key, 'x-request-id': secret };
      await fetch(service.url + path, { headers });
    }
    const types = 'types=order_status_change';
    await Socket.refused(`${service.url}/ws/taker/v1?${types}&api_key=${secret}&${secret}=1`).catch(() => {});
  }
  await call('GET', `${service.url}/health/live`, { headers: { 'x-request-id': 'the-last' } });
  await lineOf('the-last');
  const log = instance.stdout.toLowerCase();
  for (const secret of [key.slice(20, 60), taker.apiSecret.slice(0, 40), maker.token.slice(-20)]) {
    expect(log).not.toContain(secret.toLowerCase());
  }
});
