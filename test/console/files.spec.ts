import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rawCall } from '../support/raw-http.js';
import { expectRefusal, ROUTE_NOT_FOUND } from '../support/refused.js';
import { startService, type TestService } from '../support/service.js';

/** The console's files, as the service serves them. */
const BUILT = 'dist/console';
const MAX_COMPRESSED_BYTES = 150 * 1024;

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const get = (path: string) => fetch(service.url + path, { redirect: 'manual' });

test('all of it is at most 150 KB, compressed', () => {
  const files = readdirSync(BUILT, { recursive: true, encoding: 'utf8' })
    .map((name) => join(BUILT, name))
    .filter((name) => statSync(name).isFile());
  const sizes = files.map((name) => gzipSync(readFileSync(name)).length);
  expect(files.length).toBeGreaterThan(3);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(MAX_COMPRESSED_BYTES);
});

test('/console leads to /console/, relative to where the service is', async () => {
  const answer = await get('/console');
  expect([answer.status, answer.headers.get('location')]).toEqual([302, 'console/']);
});

test('the page is asked for anew each time, and may load and call nothing but its own service', async () => {
  const answer = await get('/console/');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(answer.headers.get('cache-control')).toBe('no-cache');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  expect(answer.headers.get('cross-origin-opener-policy')).toBe('same-origin');
  expect(answer.headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  const html = await answer.text();
  expect(html).toBe(readFileSync(join(BUILT, 'index.html'), 'utf8'));
  expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|https?:/);
});

test('what the page loads has a name of its content, and may be kept for ever', async () => {
  const html = await (await get('/console/')).text();
  const assets = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, name]) => name!);
  expect(assets.map((name) => name.replace(/.*\./, '')).toSorted()).toEqual(['css', 'js', 'svg']);
  for (const name of assets) {
    const answer = await get(`/console/${name}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(readFileSync(join(BUILT, name)));
  }
});

test.each([
  '/console/index.htm',
  '/console/assets/',
  '/console/assets/index.js',
  '/console/../package.json',
  '/console/../../package.json',
  '/console/assets/../../src/main.js',
  '/console/..%2f..%2fpackage.json',
  '/console/%2e%2e/src/main.js',
  '/console//../src/main.js',
  '/console/..\\..\\package.json',
  '/consoles',
])('there is no %s', async (path) => {
  // as it is: `fetch` would resolve the dots itself
  const head = `GET ${path} HTTP/1.1\r\nHost: lockstep\r\nConnection: close\r\n\r\n`;
  expectRefusal(await rawCall(service.url, head), ROUTE_NOT_FOUND);
});
