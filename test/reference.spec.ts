import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { OPERATIONS } from './code-samples/samples.js';
import { startService, type TestService } from './support/service.js';

/** The calls of the OpenAPI document as pages; test/guide.spec.ts follows all their links. */
let service: TestService;
beforeAll(async () => {
  service = await startService({ LOCK_MAX_SECONDS: '123456' });
});
afterAll(() => service.stop());

async function got(path: string): Promise<string> {
  const response = await fetch(`${service.url}${path}`);
  expect([path, response.status]).toEqual([path, 200]);
  return response.text();
}

const asText = (html: string): string =>
  html.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&');

test('each call is a page, with every sample as the document has it', async () => {
  const index = await got('/reference/');
  for (const { operationId, sources } of OPERATIONS) {
    expect(index).toContain(`href="../guide/../reference/${operationId}"`);
    const [html, markdown] = await Promise.all([
      got(`/reference/${operationId}`),
      got(`/reference/${operationId}.md`),
    ]);
    const blocks = [...html.matchAll(/<pre tabindex="0"><code>(.*?)<\/code>/gs)].map(([, code]) =>
      asText(code!),
    );
    expect(blocks).toEqual([...sources.values()]);
    for (const source of sources.values()) expect(markdown).toContain(source);
  }
});

test('a page tells who calls, what is sent and answered field by field, and what is refused', async () => {
  const lock = await got('/reference/lockOrder.md');
  expect(lock).toContain('`POST /api/v1/orders/lock`, by a taker, with its key in `X-API-Key`.');
  expect(lock).toMatch(
    /\| `lock_duration` \| integer or null \(int32\), 1 to \d+, may be left out \| Seconds, at most 123456;/,
  );
  expect(lock).toContain('| `data.expires_at` | string (date-time) |');
  expect(lock).toContain('| 409 | [409004](../docs/errors/409004.md) | Order already locked |');
  const orders = await got('/reference/listOrders.md');
  expect(orders).toContain('| `page_size` | integer (int32), 1 to 100, 20 when left out |');
  expect(orders).toContain('| `data.orders` | list of object |');
  expect(orders).toContain('| `data.orders[].cancellation` | object or null |');
  expect(orders).toContain('| `data.orders[].cancellation.pushed_at` | string or null (date-time) |');
  expect(await got('/reference/getOrder.md')).toMatch(/## In the path\n\n.*\n.*\n\| `order_id` \| string \|/);
  expect(await got('/reference/cancelOrder.md')).toMatch(/## Answer 200\n.*## Answer 202\n/s);
  expect(await got('/reference/getConfig.md')).toContain('by anybody');
});

test('a page that is not there is refused as other calls are', async () => {
  const response = await fetch(`${service.url}/reference/nothing`);
  expect(await response.json()).toMatchObject({ code: 404000 });
  expect(response.headers.get('x-request-id')).toBeTruthy();
});

test('the index is found without its slash, under a prefix too', async () => {
  const response = await fetch(`${service.url}/reference`, { redirect: 'manual' });
  expect([response.status, response.headers.get('location')]).toEqual([302, 'reference/']);
});
