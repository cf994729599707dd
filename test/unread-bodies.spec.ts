import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ApiKeysService, type MintedKey } from '#trading';
import type { TakerClient } from './support/clients.js';
import { Crowd, requestBytes } from './support/crowd.js';
import { startService, type TestService } from './support/service.js';
import { signedHeaders } from './support/signing.js';
import { until } from './support/until.js';

/** A body is read when it is known who sends it: what strangers send is neither waited for nor kept. */
const PATH = '/api/v1/orders/unlock';
const BODY = JSON.stringify({ order_hash: `0x${'5c'.repeat(32)}` });
const KIBIBYTE = 1024;
const NEXT_CALL = requestBytes('GET', '/health/live', {});

let service: TestService;
let taker: TakerClient;
let signing: MintedKey;
beforeAll(async () => {
  service = await startService();
  taker = await service.newTaker();
  const keys = new ApiKeysService(service.dataSource, service.settings);
  signing = await keys.create(taker.takerId, { requireSignature: true });
});
afterAll(() => service.stop());

let crowd: Crowd;
beforeEach(() => {
  crowd = new Crowd(service.url);
});
afterEach(() => crowd.hangUp());

const json = (length: number) => ({
  'Content-Type': 'application/json',
  'Content-Length': String(length),
});
const heard = (text: string) => until(() => crowd.heard.includes(text), text);
const answers = () => crowd.heard.split('HTTP/1.1 ').length - 1;

describe("a stranger's call", () => {
  test.each([
    ['without a key', 'POST', PATH, {}],
    ['with a wrong key', 'POST', PATH, { 'X-API-Key': 'lk_0123456789abcdef_wrong' }],
    ['with a wrong token', 'POST', '/api/v1/orders', { Authorization: 'Bearer wrong' }],
  ])('%s is refused before its body has come', async (_, method, path, headers) => {
    const connection = await crowd.send(
      1,
      requestBytes(method, path, { ...json(60 * KIBIBYTE), ...headers }),
    );
    await heard('HTTP/1.1 401');
    expect(connection.destroyed).toBe(false);
    connection.write('x'.repeat(60 * KIBIBYTE) + NEXT_CALL);
    await heard('HTTP/1.1 200');
    expect(answers()).toBe(2);
  });

  test('of no route is refused before its body has come', async () => {
    await crowd.send(1, requestBytes('POST', '/api/v1/nothing', json(60 * KIBIBYTE)));
    await heard('HTTP/1.1 404');
  });

  test('that goes on to send is cut off, and hears its one answer', async () => {
    const endless = { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' };
    const connection = await crowd.send(1, requestBytes('POST', PATH, endless));
    await heard('HTTP/1.1 401');
    const chunk = `${(16 * KIBIBYTE).toString(16)}\r\n${'x'.repeat(16 * KIBIBYTE)}\r\n`;
    connection.write(chunk.repeat(1_000));
    await until(() => connection.destroyed, 'the end of the connection');
    expect(answers()).toBe(1);
  });

  test('whose body cannot be read has its one answer all the same', async () => {
    const connection = await crowd.send(1, requestBytes('POST', PATH, { 'Transfer-Encoding': 'chunked' }));
    await heard('HTTP/1.1 401');
    connection.write('no chunk\r\n');
    await until(() => connection.destroyed, 'the end of the connection');
    expect(answers()).toBe(1);
  });

  test('that sends no more is cut off after a moment, and hears nothing else', async () => {
    const connection = await crowd.send(1, requestBytes('POST', PATH, json(100)));
    await heard('HTTP/1.1 401');
    await until(() => connection.destroyed, 'the end of the connection');
    expect(answers()).toBe(1);
  });
});

describe('a body that is too large', () => {
  const tooLarge = 'the body must not be larger than 64 KiB';

  test('is refused by its length, before it has come, whoever sends it', async () => {
    const connection = await crowd.send(1, requestBytes('POST', PATH, json(64 * KIBIBYTE + 1)));
    await heard('HTTP/1.1 413');
    expect(crowd.heard).toContain(tooLarge);
    expect(crowd.heard.toLowerCase()).toContain('connection: close');
    // it is read all the same, so that its sender hears the answer
    connection.write('x'.repeat(64 * KIBIBYTE + 1));
    await until(() => connection.destroyed, 'the end of the connection');
  });

  test('is refused as soon as so much has come, where its length is not told', async () => {
    const headers = { 'X-API-Key': taker.apiKey, 'Transfer-Encoding': 'chunked' };
    const connection = await crowd.send(1, requestBytes('POST', PATH, headers));
    connection.write(`${(65 * KIBIBYTE).toString(16)}\r\n${'x'.repeat(65 * KIBIBYTE)}\r\n`);
    await heard('HTTP/1.1 413');
    expect(crowd.heard).toContain(tooLarge);
    await until(() => connection.destroyed, 'the end of the connection');
  });
});

test.each([
  ['with a key', () => ({ 'X-API-Key': taker.apiKey })],
  [
    'signed',
    () => signedHeaders(signing.apiKey, signing.apiSecret, { path: PATH, timestamp: Date.now(), q: BODY }),
  ],
])("a known caller's body is read in the parts in which it comes: %s", async (_, headers) => {
  const connection = await crowd.send(1, requestBytes('POST', PATH, { ...json(BODY.length), ...headers() }));
  for (const part of [BODY.slice(0, 10), BODY.slice(10, 30)]) {
    connection.write(part);
    await service.dataSource.query('SELECT 1'); // time in which an answer could come
  }
  expect(crowd.heard).toBe('');
  connection.write(BODY.slice(30) + NEXT_CALL);
  await heard('HTTP/1.1 200');
  expect(crowd.heard).toContain('no order has the hash');
});
