import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { askedOrder, succeeded } from './support/handshake.js';
import { call } from './support/http.js';
import { startService, type TestService } from './support/service.js';

/** The document of the sockets, held against what the sockets really send. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

interface AsyncApi {
  asyncapi: string;
  channels: Record<string, { address: string; messages: Record<string, { $ref: string }> }>;
  components: { messages: Record<string, { summary: string; payload: object }> };
}

test('every frame of a handshake in both outcomes fits its schema, on its channel', async () => {
  const answer = await call('GET', `${service.url}/asyncapi.json`);
  expect(answer.status).toBe(200);
  const document: AsyncApi = answer.body;
  expect(document.asyncapi).toBe('3.0.0');
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });

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
      const validate = ajv.compile(document.components.messages[message.type]!.payload);
      expect({ valid: validate(message), errors: validate.errors }).toEqual({ valid: true, errors: null });
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
