import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ExternalService } from './support/external-service.js';
import type { ServiceProcess } from './support/service-process.js';

/** The document that takers generate their clients from, as the built service serves it. */
interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  security?: object[];
  parameters?: { name: string; description?: string; example?: unknown }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<
    string,
    {
      description: string;
      headers: object;
      content: Record<string, { schema: Schema; examples?: object }>;
    }
  >;
}
interface Schema {
  $ref?: string;
  type?: string;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, Schema>;
  allOf?: Schema[];
  items?: Schema;
  anyOf?: Schema[];
  description?: string;
  example?: unknown;
  pattern?: string;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: object };
}

let service: ExternalService;
let instance: ServiceProcess;
let document: Document;
let operations: [string, Operation][];
beforeAll(async () => {
  service = await ExternalService.prepare();
  instance = await service.start();
  document = (await (await fetch(`${service.url}/openapi.json`)).json()) as Document;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method} ${path}`,
      operation,
    ]),
  );
});
afterAll(async () => {
  await instance.stop();
  await service.drop();
});

test('is the committed openapi.json', () => {
  if (`${JSON.stringify(document, null, 2)}\n` !== readFileSync('openapi.json', 'utf8')) {
    throw new Error('openapi.json has drifted from the code: run "npm run openapi" and commit the file');
  }
});

test('has every call, under its operationId', () => {
  const ids = Object.fromEntries(operations.map(([call, { operationId }]) => [call, operationId]));
  expect(ids).toEqual({
    'post /api/v1/makers/connect': 'connectWallet',
    'post /api/v1/makers/logout': 'logOut',
    'get /api/v1/makers/profiles': 'getProfile',
    'post /api/v1/orders': 'placeOrder',
    'get /api/v1/orders': 'listOrders',
    'get /api/v1/orders/maker/next-nonce': 'getNextNonce',
    'get /api/v1/orders/{order_id}': 'getOrder',
    'delete /api/v1/orders/{order_id}': 'deleteOrder',
    'post /api/v1/orders/{order_id}/cancel': 'cancelOrder',
    'post /api/v1/orders/validate': 'validateOrder',
    'post /api/v1/orders/lock': 'lockOrder',
    'post /api/v1/orders/unlock': 'unlockOrder',
    'post /api/v1/orders/fill': 'fillOrder',
    'post /api/v1/orders/reject': 'rejectOrder',
    'post /api/v1/orders/cancel-result': 'answerCancellation',
    'get /api/v1/orders/available': 'listAvailableOrders',
    'get /api/v1/orders/filled': 'listFills',
    'get /api/v1/takers/orders': 'listTakerOrders',
    'get /api/v1/takers/orders/{order_hash}': 'getTakerOrder',
    'get /api/v1/takers/cancellation-requests': 'listCancellationRequests',
    'get /api/v1/takers/events': 'listTakerEvents',
    'get /api/v1/takers/orders/{order_hash}/events': 'getTakerOrderEvents',
    'get /api/v1/orders/{order_id}/events': 'getOrderEvents',
    'get /api/v1/config': 'getConfig',
    'get /health/live': 'getLiveness',
    'get /health/ready': 'getReadiness',
  });
});

test('each call has a summary, a tag, its way to authenticate, and its answers in the envelope', () => {
  for (const [call, operation] of operations) {
    expect([call, operation.summary]).toEqual([call, expect.stringMatching(/.{5,}/)]);
    expect(operation.tags).toHaveLength(1);
    const open = ['/health/', '/connect', '/config'].some((path) => call.includes(path));
    const scheme = /validate|lock|fill|reject|cancel-result|takers|available/.test(call) ? 'taker' : 'maker';
    expect([call, operation.security]).toEqual([call, open ? [] : [{ [scheme]: [] }]]);
    expect([call, operation.description]).toEqual([call, expect.stringMatching(/.{5,}/)]);
    for (const [status, answer] of Object.entries(operation.responses)) {
      const { schema, examples } = answer.content['application/json']!;
      if (Number(status) < 300) {
        const envelope = document.components.schemas[schema.$ref!.split('/').at(-1)!]!;
        expect([call, envelope.required]).toEqual([call, ['code', 'data']]);
      } else {
        expect(schema.$ref).toBe('#/components/schemas/ErrorAnswer');
        expect(Object.keys(examples!).length).toBeGreaterThan(0);
      }
      const retriable = status === '429' || status === '503';
      const more =
        call.endsWith('/available') && status === '200' ? ['Link'] : retriable ? ['Retry-After'] : [];
      const counted = call.includes('/health/') ? [] : ['RateLimit-Policy', 'RateLimit'];
      expect(Object.keys(answer.headers)).toEqual(['X-Request-Id', ...more, ...counted]);
    }
    const statuses = [
      '400',
      '429',
      '500',
      '503',
      ...(operation.requestBody ? ['413', '415'] : []),
      ...(open ? [] : ['401']),
    ];
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(statuses));
  }
});

test('cancel-result lists each of its refusals with its code', () => {
  const { responses } = document.paths['/api/v1/orders/cancel-result']!.post!;
  const codes = Object.values(responses).flatMap(
    ({ description }) => description.match(/\b\d{6,8}\b/g) ?? [],
  );
  expect(codes.map(Number).toSorted((a, b) => a - b)).toEqual([
    400001, 400002, 403001, 403002, 403003, 404001, 409001, 409002, 409003, 409009, 413001, 415001, 429001,
    500001, 503001, 10010008, 10010009, 10010010, 10010011, 10010012, 10010013,
  ]);
});

test('parameters are described', () => {
  for (const [call, { parameters = [] }] of operations) {
    for (const { name, description } of parameters) {
      expect([call, name, description]).toEqual([call, name, expect.stringMatching(/.{5,}/)]);
    }
  }
});

describe('every field', () => {
  test('has a description, and an example or its few values', () => {
    const bare: string[] = [];
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      if (schema.enum) {
        expect([name, schema.description]).toEqual([name, expect.any(String)]);
        continue;
      }
      expect([name, schema.properties]).toEqual([name, expect.any(Object)]);
      for (const [property, field] of Object.entries(schema.properties!)) {
        const speaks = Boolean(field.description);
        const shown =
          field.example !== undefined ||
          field.enum ||
          field.$ref ||
          field.allOf ||
          field.anyOf ||
          field.items?.$ref ||
          field.type === 'boolean';
        if (!speaks || !shown) bare.push(`${name}.${property}`);
      }
    }
    expect(bare).toEqual([]);
  });

  test('of cancel-result is exact', () => {
    const schema = document.components.schemas.CancelResultRequest!;
    expect(schema.required).toEqual(['order_hash', 'taker_address', 'cancellation_success', 'message']);
    expect(schema.properties).toMatchObject({
      order_hash: { type: 'string', pattern: '^0x[0-9a-fA-F]{64}$' },
      taker_address: { type: 'string', pattern: '^0x[0-9a-fA-F]{40}$' },
      cancellation_success: { type: 'boolean' },
      message: { type: 'string' },
      request_id: { type: ['string', 'null'], format: 'uuid' },
    });
  });

  test('that a body may leave out may be null there, and no query parameter is', () => {
    const optional = operations.flatMap(([call, { requestBody }]) => {
      if (!requestBody) return [];
      const name = requestBody.content['application/json']!.schema.$ref!.split('/').at(-1)!;
      const { properties = {}, required = [] } = document.components.schemas[name]!;
      return Object.entries(properties)
        .filter(([field]) => !required.includes(field))
        .map(([field, { type }]) => [`${call} ${field}`, type]);
    });
    expect(optional.length).toBeGreaterThanOrEqual(7);
    for (const [field, type] of optional)
      expect([field, type]).toEqual([field, expect.arrayContaining(['null'])]);
    const parameters = operations.flatMap(([, operation]) => operation.parameters ?? []);
    expect(parameters.length).toBeGreaterThan(50);
    expect(JSON.stringify(parameters)).not.toContain('null');
  });
});

test('is served as YAML and as a page as well', async () => {
  const yaml = await fetch(`${service.url}/openapi.yaml`);
  expect(yaml.status).toBe(200);
  expect(await yaml.text()).toContain('operationId: answerCancellation');
  const page = await fetch(`${service.url}/docs`);
  expect(page.headers.get('content-type')).toContain('text/html');
  const html = await page.text();
  const assets = [...html.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map(([, path]) => path!);
  expect(assets.length).toBeGreaterThan(2);
  for (const asset of assets) {
    expect((await fetch(new URL(asset, `${service.url}/docs`))).status).toBe(200);
  }
});
