import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApiKeysService, type MintedKey } from '#trading';
import { call } from './support/http.js';
import { hasPython, PYTHON } from './support/python.js';
import { expectRefusal, ORDER_NOT_FOUND } from './support/refused.js';
import { startService, type TestService } from './support/service.js';

/** The code and the examples of docs/authentication.md, held against the service. */
type SignedHeaders = (
  apiKey: string,
  apiSecret: string,
  method: string,
  path: string,
  q?: string,
  timestamp?: number,
) => Record<string, string>;

const DOCUMENT = readFileSync('docs/authentication.md', 'utf8');

let service: TestService;
let key: MintedKey;
let signedHeaders: SignedHeaders;
beforeAll(async () => {
  const [, code] = /```js\n([^]*?)```/.exec(DOCUMENT)!;
  ({ signedHeaders } = await import(`data:text/javascript,${encodeURIComponent(code!)}`));
  service = await startService();
  const { takerId } = await service.newTaker();
  const keys = new ApiKeysService(service.dataSource, service.settings);
  key = await keys.create(takerId, { requireSignature: true });
});
afterAll(() => service.stop());

test('requests signed with the code are let in', async () => {
  const body = JSON.stringify({ order_hash: `0x${'5c'.repeat(32)}`, reason: 'Börse zu' });
  const post = signedHeaders(key.apiKey, key.apiSecret, 'POST', '/api/v1/orders/reject', body);
  const rejected = await call('POST', `${service.url}/api/v1/orders/reject`, { headers: post, raw: body });
  expectRefusal(rejected, ORDER_NOT_FOUND);

  const query = 'status=locked%2Cfilled';
  const get = signedHeaders(key.apiKey, key.apiSecret, 'GET', '/api/v1/takers/orders', query);
  const listed = await call('GET', `${service.url}/api/v1/takers/orders?${query}`, { headers: get });
  expect(listed).toMatchObject({ status: 200, body: { data: { total: 0 } } });

  const available = signedHeaders(key.apiKey, key.apiSecret, 'GET', '/api/v1/orders/available');
  expect((await call('GET', `${service.url}/api/v1/orders/available`, { headers: available })).status).toBe(
    200,
  );
});

test('the code makes the signatures of the examples', () => {
  const [, secret] = /with the secret `([0-9a-f]{64})`/.exec(DOCUMENT)!;
  const examples = [...DOCUMENT.matchAll(/^\| `(.*?)` +\| `(.*?)` +\|$/gm)];
  expect(examples.length).toBeGreaterThan(0);
  for (const [, signed, signature] of examples) {
    const [method, path, timestamp, q] = signed!.split('\\|') as [string, string, string, string];
    const headers = signedHeaders('', secret!, method, path, q, Number(timestamp));
    expect(headers['X-API-Signature']).toBe(signature);
  }
});

const withPython = hasPython('the Python code of docs/authentication.md') ? test : test.skip;
withPython('the Python code makes the same headers', () => {
  const [, code] = /```python\n([^]*?)```/.exec(DOCUMENT)!;
  const signed = [
    'lk_1',
    'secret',
    'POST',
    '/api/v1/orders/reject',
    '{"reason":"Börse zu"}',
    1768618824123,
  ] as const;
  const program = `${code}\nimport json, sys\nprint(json.dumps(signed_headers(*json.loads(sys.argv[1]))))`;
  const headers = JSON.parse(String(execFileSync(PYTHON, ['-c', program, JSON.stringify(signed)]))) as object;
  expect(headers).toEqual(signedHeaders(...signed));
});
