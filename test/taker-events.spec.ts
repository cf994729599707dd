import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TakerClient } from './support/clients.js';
import { makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** `GET /takers/events`: what the socket says, for those who poll. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

// oxlint-disable-next-line typescript/no-explicit-any -- messages are compared literally
type Message = any;
interface Page {
  events: Message[];
  last_id: string;
  resync: boolean;
}

const ALL = 'order_status_change,cancellation_request,order_book_change';

async function read(taker: TakerClient, query: Record<string, string | number> = {}): Promise<Page> {
  const parameters = Object.entries(query)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return succeeded(await taker.call('GET', `/takers/events?${parameters}`), 200).body.data;
}

/** Polls until a message matches; returns all messages up to then, page by page. */
async function readUntil(
  taker: TakerClient,
  query: Record<string, string | number>,
  matches: (message: Message) => boolean,
): Promise<{ events: Message[]; pages: number; lastId: string }> {
  const events: Message[] = [];
  let [pages, lastId] = [0, String(query.after)];
  await until(async () => {
    const page = await read(taker, { ...query, after: lastId });
    expect(page.resync).toBe(false);
    expect(page.events.length).toBeLessThanOrEqual(Number(query.limit ?? 100));
    if (page.events.length > 0) pages += 1;
    events.push(...page.events);
    lastId = page.last_id;
    return events.some(matches);
  }, 'a message on the pages');
  return { events, pages, lastId };
}

test('begins at the present, also of a database without a single event', async () => {
  const taker = await service.newTaker();
  const { last_id, ...page } = await read(taker);
  expect(page).toEqual({ events: [], resync: false });
  const { order_hash } = await (await service.newMaker()).place();
  const { events } = await readUntil(taker, { after: last_id }, () => true);
  expect(events.map(({ type, data }) => [type, data.order_hash])).toEqual([
    ['order_status_change', order_hash],
  ]);
});

describe('page by page, a poller hears what a socket hears', () => {
  test.each([1, 2, 3, 100])('%i at a time', async (limit) => {
    const [taker, other, maker] = [
      await service.newTaker(),
      await service.newTaker(),
      await service.newMaker(),
    ];
    const { last_id: after } = await read(taker);
    const socket = await taker.socket(ALL);
    const { hash } = await askedOrder(service, { taker, maker });
    succeeded(await taker.answer(hash, false), 200);
    succeeded(await taker.unlock(hash), 200);
    succeeded(await other.lock(hash), 200);
    succeeded(await other.unlock(hash), 200);
    succeeded(await maker.cancel(hash), 200);
    const isLast = ({ type, data }: Message) =>
      type === 'order_book_change' && data.to_status === 'cancelled';
    await socket.hear(isLast);
    const { events, pages } = await readUntil(taker, { after, types: ALL, limit }, isLast);
    expect(events).toEqual(socket.messages);
    expect(pages).toBeGreaterThanOrEqual(Math.floor(events.length / limit));
    await socket.close();
  });
});

test('has the types that are asked for; without any, what the socket has always said', async () => {
  const taker = await service.newTaker();
  const { last_id: after } = await read(taker);
  const { hash, requestId } = await askedOrder(service, { taker });
  const isRequest = ({ type }: Message) => type === 'cancellation_request';
  const typesOf = async (query: Record<string, string>) =>
    (await readUntil(taker, { after, ...query }, isRequest)).events.map(({ type }) => type);
  expect(await typesOf({ types: 'heartbeat,cancellation_request' })).toEqual(['cancellation_request']);
  expect(await typesOf({})).toEqual(['order_status_change', 'order_status_change', 'cancellation_request']);
  const { events } = await readUntil(taker, { after }, isRequest);
  expect(events.at(-1)!.data).toMatchObject({
    order_hash: hash,
    metadata: { request_id: requestId, redelivered: false },
  });
});

test('a page goes on where nothing on it was wanted', async () => {
  const taker = await service.newTaker();
  const { last_id: after } = await read(taker);
  const { hash } = await lockedOrder(service, { taker });
  succeeded(await taker.unlock(hash), 200);
  await until(async () => {
    const { events, last_id } = await read(taker, { after, types: 'cancellation_request' });
    expect(events).toEqual([]);
    const next = await read(taker, { after: last_id });
    return last_id > after && next.events.length === 0;
  }, 'all that was passed by');
});

describe('a page that begins at the present', () => {
  test('has the open requests again, timed-out ones too, however small it is', async () => {
    const taker = await service.newTaker();
    const [open, timedOut, answered] = [
      await askedOrder(service, { taker }),
      await askedOrder(service, { taker }),
      await askedOrder(service, { taker }),
    ];
    await makeDue(service.dataSource, timedOut.hash, 'request');
    succeeded(await taker.answer(answered.hash, false), 200);
    let page!: Page;
    await until(async () => {
      page = await read(taker, { limit: 1 });
      return page.events.length === 2;
    }, 'both open requests');
    const requests = page.events.map(({ data }) => [data.metadata.request_id, data.metadata.redelivered]);
    expect(requests).toEqual([open.requestId, timedOut.requestId].map((id) => [id, true]));
    expect((await open.maker.order(open.id)).cancellation.pushed_at).toBeNull();
    expect((await read(taker, { types: 'order_status_change' })).events).toEqual([]);
    expect((await read(taker, { after: page.last_id })).events).toEqual([]);
  });

  test('comes after an id that is not known, and says so', async () => {
    const taker = await service.newTaker();
    const { requestId } = await askedOrder(service, { taker });
    await until(async () => {
      const page = await read(taker, { after: '0'.repeat(32) });
      expect(page.resync).toBe(true);
      return page.events.length === 1 && page.events[0].data.metadata.request_id === requestId;
    }, 'the open request');
  });
});

test.each([
  ['after=x', 'after must be the id of a message: 32 lower-case hex digits'],
  [`after=${'0'.repeat(32)}&after=${'0'.repeat(32)}`, 'after is given twice'],
  ['types=cancellation_update', 'types must be a comma-separated list of order_status_change'],
  ['types=', 'types must be a comma-separated list'],
  ['limit=0', 'limit must be a whole number from 1 to 500'],
  ['limit=501', 'limit must be a whole number from 1 to 500'],
  ['page=1', 'page is not a known field'],
])('?%s is refused by name', async (query, details) => {
  const taker = await service.newTaker();
  const { status, body } = await taker.call('GET', `/takers/events?${query}`);
  expect([status, body.code, body.details]).toEqual([400, 400001, expect.stringContaining(details)]);
});
