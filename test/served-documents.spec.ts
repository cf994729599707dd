import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startService, type TestService } from './support/service.js';

/** Documents are sent compressed to whom can read that, and not again to whom has them. */
const DOCUMENT = '/openapi.json';
const PAGE = 'https://app.example.com';
let service: TestService;
beforeAll(async () => {
  service = await startService({ ALLOWED_ORIGINS: PAGE });
});
afterAll(() => service.stop());

interface Got {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** As it is on the wire. */
async function got(path: string, headers: Record<string, string> = {}): Promise<Got> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(service.url + path, { headers }, resolve).on('error', reject);
  });
  return { status: answer.statusCode!, headers: answer.headers, body: await buffer(answer) };
}

test.each([
  DOCUMENT,
  '/openapi.yaml',
  '/asyncapi.json',
  '/docs',
  '/docs/swagger-ui-bundle.js',
  '/guide/',
  '/guide/push',
  '/console/',
])('%s is the same compressed', async (path) => {
  const [plain, compressed] = [await got(path), await got(path, { 'accept-encoding': 'gzip, deflate, br' })];
  expect([plain.status, compressed.status]).toEqual([200, 200]);
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(compressed.headers['content-encoding']).toBe('gzip');
  expect(compressed.body.length).toBeLessThan(plain.body.length);
  expect(gunzipSync(compressed.body).equals(plain.body)).toBe(true);
  for (const { headers, body } of [plain, compressed]) {
    expect(Number(headers['content-length'])).toBe(body.length);
    expect(headers.vary).toBe('Accept-Encoding, Origin');
    expect(headers.etag).toMatch(/^W\/"[\w-]{43}"$/);
  }
  expect(compressed.headers.etag).toBe(plain.headers.etag);
});

test.each([
  ['gzip', 'gzip'],
  ['br, GZIP;q=0.5', 'gzip'],
  ['gzip;q=1.0, *;q=0', 'gzip'],
  ['', undefined],
  ['br', undefined],
  ['identity', undefined],
  ['gzip;q=0', undefined],
  ['gzip ; q=0.000, br', undefined],
  ['x-gzip', undefined],
  ['gzip;what', undefined],
])('Accept-Encoding "%s": Content-Encoding %s', async (accepted, encoding) => {
  const { status, headers } = await got(DOCUMENT, { 'accept-encoding': accepted });
  expect([status, headers['content-encoding']]).toEqual([200, encoding]);
});

test('a picture, which gets no smaller, goes out as it is', async () => {
  const { headers, body } = await got('/docs/favicon-32x32.png', { 'accept-encoding': 'gzip' });
  expect(headers['content-encoding']).toBeUndefined();
  expect(body.subarray(1, 4).toString()).toBe('PNG');
});

test.each<[title: string, status: number, condition: (tag: string) => string]>([
  ['its tag', 304, (tag) => tag],
  ['its tag as a strong one', 304, (tag) => tag.replace('W/', '')],
  ['its tag among others', 304, (tag) => `"a", ${tag},W/"b"`],
  ['any', 304, () => '*'],
  ['another tag', 200, () => 'W/"another"'],
  ['its tag without quotes', 200, (tag) => tag.replaceAll('"', '')],
  ['nothing', 200, () => ''],
])('If-None-Match of %s: %s', async (_, status, condition) => {
  const { headers } = await got(DOCUMENT);
  const again = await got(DOCUMENT, {
    'if-none-match': condition(headers.etag!),
    'accept-encoding': 'gzip',
  });
  expect(again.status).toBe(status);
  expect(again.headers).toMatchObject({
    etag: headers.etag,
    vary: headers.vary,
    'cache-control': 'no-cache',
    'x-request-id': expect.any(String),
  });
  expect(again.body.length > 0).toBe(status === 200);
});

test('documents differ in their tags', async () => {
  const tags = await Promise.all(
    [DOCUMENT, '/openapi-3.0.json', '/asyncapi.json', '/docs'].map(
      async (path) => (await got(path)).headers.etag,
    ),
  );
  expect(new Set(tags).size).toBe(tags.length);
});

test('a page of an allowed origin may read them, and other answers differ by origin alone', async () => {
  const headers = { origin: PAGE };
  const [read, api] = [await got(DOCUMENT, headers), await got('/api/v1/config', headers)];
  expect(read.headers).toMatchObject({
    vary: 'Accept-Encoding, Origin',
    'access-control-allow-origin': PAGE,
  });
  expect(api.headers).toMatchObject({ vary: 'Origin', 'access-control-allow-origin': PAGE });
});
