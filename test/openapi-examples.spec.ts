import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PlacedOrder } from './support/clients.js';
import { misfitsOf } from './support/documented.js';
import { succeeded } from './support/handshake.js';
import { startService, type TestService } from './support/service.js';

/** The document's examples fit their schemas, agree with each other, and can be tried. */
interface Content {
  'application/json': { example?: Example; examples?: Record<string, { value: unknown }> };
}
interface Example {
  data?: unknown;
}
interface Operation {
  requestBody?: { content: Content };
  responses: Record<string, { content: Content }>;
}
const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
};

/** Where each body and answer is in the document, with its examples. */
const shown = Object.entries(paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([method, { requestBody, responses }]) => {
    const where = ['paths', path, method];
    const holders: [string[], Content][] = Object.entries(responses).map(([status, { content }]) => [
      [...where, 'responses', status],
      content,
    ]);
    if (requestBody) holders.push([[...where, 'requestBody'], requestBody.content]);
    return holders.map(([holder, { 'application/json': json }]) => ({
      holder,
      values: json.examples ? Object.values(json.examples).map(({ value }) => value) : [json.example],
    }));
  }),
);

/** Each object within a value. */
function objectsIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? inner : [value as Record<string, unknown>, ...inner];
}

const objects = shown.flatMap(({ holder, values }) =>
  values.flatMap(objectsIn).map((object) => [holder.join(' '), object] as const),
);
/** Those that have a field, which must be some. */
function having(field: string): (readonly [string, Record<string, unknown>])[] {
  const found = objects.filter(([, object]) => field in object);
  expect(found).not.toEqual([]);
  return found;
}

describe('each example', () => {
  test('fits its schema, and every body and answer has one', () => {
    expect(shown.length).toBeGreaterThan(150);
    for (const { holder, values } of shown) {
      for (const value of values) {
        expect([holder, value]).toEqual([holder, expect.any(Object)]);
        expect([holder, misfitsOf(holder, value)]).toEqual([holder, undefined]);
      }
    }
  });

  test('of an order has a lock where its status says so', () => {
    for (const [where, { status, locked_by, lock_expires_at, filled_quantity, fills }] of having('fills')) {
      if (typeof filled_quantity !== 'string') continue;
      const isLocked = status === 'locked';
      expect([where, status, locked_by !== null]).toEqual([where, status, isLocked]);
      expect([where, status, lock_expires_at !== null]).toEqual([where, status, isLocked]);
      expect([where, filled_quantity, fills]).toEqual([where, '0', []]);
    }
  });

  test('of a request for cancellation is answered where its status says so', () => {
    for (const [where, { status, late, resolved_by, message }] of having('resolved_by')) {
      expect([where, status]).toEqual([where, 'requested']);
      expect([where, late, resolved_by, message]).toEqual([where, false, null, null]);
    }
  });

  test('of a fill and of what it fills have the same sums', () => {
    const { price } = orderShown();
    for (const [where, fill] of [...having('filled_amount'), ...having('fill_amount')]) {
      const quantity = (fill.filled_quantity ?? fill.fill_quantity) as string;
      const amount = fill.filled_amount ?? fill.fill_amount;
      expect([where, amount]).toEqual([where, String(BigInt(price) * BigInt(quantity))]);
    }
  });

  test('names one order, one maker and one taker', () => {
    const namesOf = (field: string) =>
      new Set(having(field).flatMap(([, object]) => (object[field] === null ? [] : [object[field]])));
    for (const field of ['order_hash', 'maker', 'locked_by', 'order_id']) {
      expect([field, namesOf(field).size]).toEqual([field, 1]);
    }
  });

  test('of a page counts what it shows', () => {
    for (const [where, page] of having('total_pages')) {
      const rows = Object.values(page).find(Array.isArray)!;
      expect([where, page.total, page.total_pages]).toEqual([where, rows.length, 1]);
    }
  });
});

test('the answer to placing an order is that order, pending', () => {
  const { order, signature } = paths['/api/v1/orders']!.post!.requestBody!.content['application/json']
    .example as { order: object; signature: string };
  const { data } = paths['/api/v1/orders']!.post!.responses['201']!.content['application/json'].example!;
  expect(data).toMatchObject({ ...order, signature, status: 'pending', order_hash: orderShown().order_hash });
});

function orderShown(): PlacedOrder & { order_hash: string } {
  return paths['/api/v1/orders/{order_id}']!.get!.responses['200']!.content['application/json'].example!
    .data as PlacedOrder & { order_hash: string };
}

describe('tried on the service', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  test('the example order is well signed, valid, and has the hash that is shown', async () => {
    const taker = await service.newTaker();
    const { example } = paths['/api/v1/orders/validate']!.post!.requestBody!.content['application/json'];
    const { body } = succeeded(await taker.call('POST', '/orders/validate', { json: example }), 200);
    const { order_hash } = orderShown();
    expect(body.data).toMatchObject({ valid: true, order_hash, signature_valid: true, errors: [] });
  });

  test('the example login fails for its age alone', async () => {
    const { example } = paths['/api/v1/makers/connect']!.post!.requestBody!.content['application/json'];
    const answer = await fetch(`${service.url}/api/v1/makers/connect`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(example),
    });
    expect(await answer.json()).toMatchObject({ code: 400, message: 'Timestamp expired' });
  });
});
