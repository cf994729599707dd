import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OrderWriter } from '#trading';
import type { Answer } from './support/http.js';
import type { MakerClient, TakerClient } from './support/clients.js';
import { makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { operatorOf } from './support/operator.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** An order's history, as its maker and as its takers may see it. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

// oxlint-disable-next-line typescript/no-explicit-any -- events are compared literally
type Event = any;

const ofMaker = async (maker: MakerClient, order: string, query = ''): Promise<Event[]> =>
  succeeded(await maker.call('GET', `/orders/${order}/events${query}`), 200).body.data.events;
const ofTaker = async (taker: TakerClient, hash: string, query = ''): Promise<Event[]> =>
  succeeded(await taker.call('GET', `/takers/orders/${hash}/events${query}`), 200).body.data.events;

const course = (events: Event[]): string[] =>
  events.map(({ data, by }) => `${data.to_status ?? data.status ?? 'asked'} by ${by}`);
const pushed = (events: Event[]): Event[] =>
  events.map(({ type, id, timestamp, data }) => ({ type, id, timestamp, data }));

async function settle(hash: string): Promise<void> {
  await service.app.get(OrderWriter).settle({ order_hash: hash });
}

test("the maker's has everything as it was pushed, and who did it", async () => {
  const [maker, taker] = [await service.newMaker(), await service.newTaker()];
  const socket = await maker.socket();
  const { id, hash } = await askedOrder(service, { maker, taker });
  await makeDue(service.dataSource, hash, 'request');
  await settle(hash);
  succeeded(await taker.answer(hash, false), 200);
  await operatorOf(service).suspend(hash);
  await operatorOf(service).resume(hash);
  await makeDue(service.dataSource, hash, 'lock');
  await settle(hash);
  succeeded(await maker.cancel(id), 200);
  await socket.hear(({ data }) => data.to_status === 'cancelled');
  const events = await ofMaker(maker, id);
  expect(pushed(events)).toEqual(socket.messages);
  expect(course(events)).toEqual([
    'pending by maker',
    'locked by taker',
    'requested by maker',
    'timed_out by timer',
    'rejected by taker',
    'suspended by operator',
    'locked by operator',
    'pending by timer',
    'cancelled by maker',
  ]);
  expect(await ofMaker(maker, hash)).toEqual(events);
  await socket.close();
});

describe('of an order that two takers held', () => {
  test('each sees what it was pushed, and nothing of the other', async () => {
    const [maker, first, second] = [
      await service.newMaker(),
      await service.newTaker(),
      await service.newTaker(),
    ];
    const sockets = [await first.socket(), await second.socket()];
    const { id, hash } = await askedOrder(service, { maker, taker: first });
    succeeded(await first.answer(hash, false, { message: 'the first is trading' }), 200);
    succeeded(await first.unlock(hash), 200);
    succeeded(await second.lock(hash), 200);
    succeeded(await maker.cancel(id, { reason: 'asked of the second' }), 202);
    const check = async (): Promise<void> => {
      for (const [index, taker] of [first, second].entries()) {
        const events = await ofTaker(taker, hash);
        const heard = () => sockets[index]!.messages.filter(({ data }) => data.order_hash === hash);
        await until(() => heard().length >= events.length, 'the pushes');
        expect(pushed(events)).toEqual(heard());
        const other = taker === first ? second : first;
        expect(JSON.stringify(events)).not.toContain(other.address);
      }
    };
    await check(); // while the second holds it
    succeeded(await second.answer(hash, true, { message: 'the second gave it up' }), 200);
    await check();
    expect(course(await ofTaker(first, hash))).toEqual([
      'pending by maker',
      'locked by taker',
      'asked by maker',
      'pending by taker',
    ]);
    expect(course(await ofTaker(second, hash))).toEqual([
      'pending by maker',
      'locked by taker',
      'asked by maker',
      'cancelled by taker',
    ]);
    expect(JSON.stringify(await ofTaker(first, hash))).not.toContain('second');
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  test('a taker that never held it sees no more than that it was placed, while it is pending', async () => {
    const [holder, bystander] = [await service.newTaker(), await service.newTaker()];
    const { hash } = await lockedOrder(service, { taker: holder });
    succeeded(await holder.unlock(hash), 200);
    expect(course(await ofTaker(bystander, hash))).toEqual(['pending by maker']);
    succeeded(await holder.lock(hash), 200);
    const { status, body } = await bystander.call('GET', `/takers/orders/${hash}/events`);
    expect([status, body.code]).toEqual([404, 404001]);
  });
});

test('another maker finds no such order', async () => {
  const [maker, stranger] = [await service.newMaker(), await service.newMaker()];
  const { id } = await maker.place();
  const { status, body } = await stranger.call('GET', `/orders/${id}/events`);
  expect([status, body.code]).toEqual([404, 404001]);
});

test('a long history comes in pages, each after the one before', async () => {
  const { maker, taker, id, hash } = await lockedOrder(service);
  for (let times = 0; times < 3; times += 1) {
    succeeded(await taker.unlock(hash), 200);
    succeeded(await taker.lock(hash), 200);
  }
  const pages = async (read: (query: string) => Promise<Answer>): Promise<Event[][]> => {
    const found: Event[][] = [];
    for (let after: string | null = ''; after !== null;) {
      const query: string = after && `&after=${after}`;
      const { events, next_after } = succeeded(await read(`?limit=3${query}`), 200).body.data;
      found.push(events);
      after = next_after;
    }
    return found;
  };
  const ofHolder = await pages((query) => taker.call('GET', `/takers/orders/${hash}/events${query}`));
  expect(ofHolder.map((page) => page.length)).toEqual([3, 3, 2]);
  expect(ofHolder.flat()).toEqual(await ofTaker(taker, hash));
  const ofOwner = await pages((query) => maker.call('GET', `/orders/${id}/events${query}`));
  expect(ofOwner.flat()).toEqual(await ofMaker(maker, id));
  const [, second] = ofOwner.flat();
  expect(await ofMaker(maker, id, `?after=${second.id}`)).toEqual(ofOwner.flat().slice(2));
  expect(await ofMaker(maker, id, `?after=${'f'.repeat(32)}`)).toEqual([]);
});
