import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { misfitsOfFrame } from './support/documented-frames.js';
import { askedOrder, succeeded } from './support/handshake.js';
import { call } from './support/http.js';
import { startService, type TestService } from './support/service.js';

/** The document of the sockets, held against what the sockets really send. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

interface Schema {
  $id?: string;
  $ref?: string;
  type?: string | string[];
  enum?: string[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
}

interface AsyncApi {
  asyncapi: string;
  channels: Record<
    string,
    { address: string; messages: Record<string, { $ref: string }>; 'x-close-codes': { code: number }[] }
  >;
  components: {
    messages: Record<string, { summary: string; payload: object; examples: { payload: { type: string } }[] }>;
    schemas: Record<string, Schema>;
    securitySchemes: object;
  };
}

test('every frame of a handshake in both outcomes fits its schema, on its channel', async () => {
  const answer = await call('GET', `${service.url}/asyncapi.json`);
  expect(answer.status).toBe(200);
  const document: AsyncApi = answer.body;
  expect(document.asyncapi).toBe('3.0.0');

  const [maker, taker] = [await service.newMaker(), await service.newTaker()];
  const after = '0'.repeat(32); // known to nobody: resync comes first
  const sockets = {
    maker: await maker.socket(undefined, { after }),
    taker: await taker.socket('order_status_change,cancellation_request,order_book_change', { after }),
  };
  for (const socket of Object.values(sockets)) await socket.hear(({ type }) => type === 'resync');
  const [accepted, refused] = [
    await askedOrder(service, { maker, taker }),
    await askedOrder(service, { maker, taker }),
  ];
  succeeded(await taker.answer(refused.hash, false), 200);
  succeeded(await taker.answer(accepted.hash, true), 200);
  for (const socket of Object.values(sockets))
    await socket.hear(({ data }) => data.to_status === 'cancelled');

  const heard = new Set<string>();
  for (const [name, socket] of Object.entries(sockets)) {
    for (const message of socket.messages) {
      heard.add(`${name} ${message.type}`);
      expect(Object.keys(document.channels[name]!.messages)).toContain(message.type);
      expect(misfitsOfFrame(message)).toBeUndefined();
    }
    await socket.close();
  }
  expect([...heard].toSorted()).toEqual([
    'maker cancellation_update',
    'maker order_status_change',
    'maker resync',
    'taker cancellation_request',
    'taker order_book_change',
    'taker order_status_change',
    'taker resync',
  ]);
});

test('its references lead somewhere', async () => {
  const text = await (await fetch(`${service.url}/asyncapi.json`)).text();
  const document = JSON.parse(text);
  const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!.split('/'));
  expect(references.length).toBeGreaterThan(10);
  for (const path of references) {
    expect([path, path.reduce((node, key) => node?.[key], document)]).toEqual([path, expect.any(Object)]);
  }
});

describe('what generators and readers need', () => {
  let document: AsyncApi;
  beforeAll(async () => {
    document = (await call('GET', `${service.url}/asyncapi.json`)).body;
  });

  test('every object and list of values has a name, and every field a type', () => {
    const { schemas } = document.components;
    expect(Object.keys(schemas).length).toBeGreaterThan(10);
    const expectTyped = (where: string, schema: Schema): void => {
      const kinds = [schema.$ref, schema.type, schema.oneOf].filter((kind) => kind !== undefined);
      expect([where, kinds.length]).toEqual([where, 1]);
      expect([where, schema.properties, schema.enum]).toEqual([where, undefined, undefined]);
      for (const other of schema.oneOf ?? []) expectTyped(where, other);
    };
    for (const [name, { $id, type, enum: values, oneOf, properties }] of Object.entries(schemas)) {
      expect([name, $id]).toEqual([name, name]);
      expect([name, type === 'object' || values || oneOf]).toEqual([name, expect.anything()]);
      for (const [field, schema] of Object.entries(properties ?? {})) expectTyped(`${name}.${field}`, schema);
    }
  });

  test('each message has an example that fits, each channel a server, each operation its security', () => {
    for (const [name, { examples }] of Object.entries(document.components.messages)) {
      expect([name, examples.map(({ payload }) => payload.type)]).toEqual([name, [name]]);
      for (const { payload } of examples) expect(misfitsOfFrame(payload)).toBeUndefined();
    }
    expect(document).toMatchObject({
      servers: { here: { protocol: 'ws' } },
      channels: { taker: { servers: [{}] }, maker: { servers: [{}] } },
      operations: { pushToTaker: { security: [{}, {}, {}] }, pushToMaker: { security: [{}] } },
    });
  });

  test('its close codes are those of docs/push.md', () => {
    const [, table] = /A socket is closed by the service with\n\n([^]*?)\n\n/.exec(
      readFileSync('docs/push.md', 'utf8'),
    )!;
    const codes = [...table!.matchAll(/^\| (\d{4}) \|/gm)].map(([, code]) => Number(code));
    expect(codes.length).toBeGreaterThan(5);
    for (const channel of Object.values(document.channels)) {
      expect(channel['x-close-codes'].map(({ code }) => code)).toEqual(codes);
    }
  });
});
