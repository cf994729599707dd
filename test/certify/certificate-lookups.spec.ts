import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Certificate, RULE_NAMES } from '#certificates';
import { Certificates } from '../../apps/sandbox/src/certificates/certificates.service.js';
import type { TakerClient } from '../support/clients.js';
import { askedOrder, succeeded } from '../support/handshake.js';
import { startService, type TestService } from '../support/service.js';

/** What a report claims is looked up in the service's history, which does not always answer at once. */
const SECRET = '5d'.repeat(32);
const LOOKUPS_AT_ONCE = 8;

let service: TestService;
let taker: TakerClient;
beforeAll(async () => {
  service = await startService();
  taker = await service.newTaker();
});
afterAll(() => service.stop());

/** An order that the bot was asked for, and gave up. */
async function givenUp(): Promise<string> {
  const { hash } = await askedOrder(service, { taker });
  succeeded(await taker.answer(hash, true), 200);
  return hash;
}

/** What the sandbox signs of a report, when it asks a service that answers like this. */
async function lookedUp(
  orders: string[],
  answer: (hash: string, calls: number) => Promise<Response>,
): Promise<{ calls: number; certificate: Promise<Certificate>; stop: () => Promise<void> }> {
  const told = { calls: 0 };
  const serve = async (asked: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const hash = asked.url!.split('/').at(-1)!;
    const given = await answer(hash, (told.calls += 1));
    reply.writeHead(given.status, Object.fromEntries(given.headers)).end(await given.text());
  };
  const server = createServer((asked, reply) => void serve(asked, reply)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sandbox = new Certificates();
  sandbox.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, SECRET);
  const request = {
    taker_address: taker.address,
    report_sha256: '5e'.repeat(32),
    started_at: new Date().toISOString(),
    rules: Object.fromEntries(RULE_NAMES.map((name) => [name, 'pass'])),
    orders: orders.map((hash) => `${hash}:yes`).join(),
  };
  const certificate = sandbox.issue(request, taker.apiKey, '127.0.0.1');
  certificate.catch(() => {}); // looked at later
  const stop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
  };
  return Object.assign(told, { certificate, stop });
}

const passedOn = (hash: string): Promise<Response> =>
  fetch(`${service.url}/api/v1/takers/orders/${hash}`, { headers: { 'x-api-key': taker.apiKey } });
const refusal = (status: number, code: number, headers = {}): Response =>
  Response.json({ code, message: 'Refused', details: 'for now' }, { status, headers });

test('look-ups go on when the key has called too often', async () => {
  const hash = await givenUp();
  const { certificate, stop } = await lookedUp([hash], async (asked, calls) =>
    calls === 1 ? refusal(429, 429001, { 'retry-after': '1' }) : passedOn(asked),
  );
  await expect(certificate).resolves.toMatchObject({ confirmed_orders: 1 });
  await stop();
});

test('look-ups end when one is refused', async () => {
  const hash = await givenUp();
  const strangers = Array.from({ length: 20 }, (_, n) => `0x${String(n).padStart(64, '0')}`);
  const gate = () => {
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    return { open, opened };
  };
  const [allAsk, refused] = [gate(), gate()];
  const looked = await lookedUp([...strangers, hash], async (asked, calls) => {
    if (calls === LOOKUPS_AT_ONCE) allAsk.open();
    await (asked === hash ? allAsk : refused).opened;
    return asked === hash ? refusal(403, 403003) : passedOn(hash);
  });
  await expect(looked.certificate).rejects.toMatchObject({ details: 'for now' });
  refused.open();
  // time for another, had there been one
  for (let round = 0; round < 3; round += 1) await passedOn(hash);
  expect(looked.calls).toBe(LOOKUPS_AT_ONCE);
  await looked.stop();
});
