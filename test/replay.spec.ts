import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MakerClient, TakerClient } from './support/clients.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { besideTransaction, writeEvent } from './support/other-transaction.js';
import { expectRefusal, INVALID } from './support/refused.js';
import { startService, type TestService } from './support/service.js';
import { Socket } from './support/socket.js';
import { until } from './support/until.js';

/** `after=<id>`: whatever was missed comes again, in order, nothing left out and nothing twice. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const idsOf = (socket: Socket): string[] => socket.messages.map(({ id }) => id);
const lastIdOf = (socket: Socket): string => socket.events.at(-1).id;
const isRedelivered: Parameters<Socket['hear']>[0] = ({ data }) => data.metadata?.redelivered === true;

/** An order of the maker that this socket hears of: everything before it has been heard. */
async function hearMarker(maker: MakerClient, ...sockets: Socket[]): Promise<void> {
  const { order_hash } = await maker.place();
  await Promise.all(sockets.map((socket) => socket.hearAbout('order_status_change', order_hash)));
}

describe('after a reconnect with the last id', () => {
  test('both sides hear exactly what they missed, as it was said live', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const witnesses = { maker: await maker.socket(), taker: await taker.socket() };
    const left = { maker: await maker.socket(), taker: await taker.socket() };
    await lockedOrder(service, { maker, taker });
    await hearMarker(maker, left.maker, left.taker, witnesses.maker, witnesses.taker);
    for (const socket of [left.maker, left.taker]) await socket.close();

    const { hash } = await askedOrder(service, { maker, taker });
    succeeded(await taker.answer(hash, false), 200);
    succeeded(await maker.cancel(hash), 202);
    succeeded(await taker.answer(hash, true), 200);
    await lockedOrder(service, { taker });
    const back = {
      maker: await maker.socket(undefined, { after: lastIdOf(left.maker) }),
      taker: await taker.socket(undefined, { after: lastIdOf(left.taker) }),
    };
    await hearMarker(maker, back.maker, back.taker, witnesses.maker, witnesses.taker);
    expect([...left.maker.messages, ...back.maker.messages]).toEqual(witnesses.maker.messages);
    expect([...left.taker.messages, ...back.taker.messages]).toEqual(witnesses.taker.messages);
    for (const socket of [back.maker, back.taker, witnesses.maker, witnesses.taker]) await socket.close();
  });

  test('a taker hears of its own orders and of new ones, and a maker of its own alone', async () => {
    const [maker, stranger] = [await service.newMaker(), await service.newMaker()];
    const [taker, bystander] = [await service.newTaker(), await service.newTaker()];
    const [ofStranger, ofBystander] = [await stranger.socket(), await bystander.socket()];
    await hearMarker(stranger, ofStranger, ofBystander);
    await Promise.all([ofStranger.close(), ofBystander.close()]);
    const { hash } = await askedOrder(service, { maker, taker });
    succeeded(await taker.answer(hash, true), 200);
    const back = [
      await stranger.socket(undefined, { after: lastIdOf(ofStranger) }),
      await bystander.socket(undefined, { after: lastIdOf(ofBystander) }),
    ] as const;
    await hearMarker(stranger, ...back);
    expect(back[0].messages.map(({ data }) => data.maker)).toEqual([stranger.address]);
    expect(back[1].messages.map(({ data }) => data.to_status)).toEqual(['pending', 'pending']);
    await Promise.all(back.map((socket) => socket.close()));
  });

  test('only the types that are asked for', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const socket = await taker.socket();
    await hearMarker(maker, socket);
    await socket.close();
    const { hash } = await askedOrder(service, { maker, taker });
    succeeded(await taker.answer(hash, true), 200);
    const back = await taker.socket('cancellation_request', { after: lastIdOf(socket) });
    const { requestId } = await askedOrder(service, { maker, taker });
    await back.hear(({ data }) => data.metadata.request_id === requestId);
    const told = back.messages.filter(({ data }) => !data.metadata.redelivered);
    expect(told.map(({ type }) => type)).toEqual(['cancellation_request', 'cancellation_request']);
    await back.close();
  });

  test('an open request is replayed in its place, and pushed again after the replay', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const socket = await taker.socket();
    await hearMarker(maker, socket);
    await socket.close();
    const { id, hash, requestId } = await askedOrder(service, { maker, taker });
    await maker.place();
    const back = await taker.socket(undefined, { after: lastIdOf(socket) });
    const again = await back.hear(isRedelivered);
    const first = back.ofType('cancellation_request')[0];
    const kind = ({ type, data }: typeof again) => data.to_status ?? `${type} ${data.metadata.redelivered}`;
    const request = ['cancellation_request false', 'cancellation_request true'];
    const about = back.messages.filter(({ data }) => data?.order_hash === hash);
    expect(about.map(kind)).toEqual(['pending', 'locked', ...request]);
    expect(again.id).toBe(first.id);
    expect(again.data.metadata.request_id).toBe(requestId);
    await until(async () => (await maker.order(id)).cancellation.pushed_at !== null, 'pushed_at');
    await back.close();
  });
});

test('under load, whoever comes and goes with its last id hears all that a steady socket hears, in order', async () => {
  const [maker, taker] = [await service.newMaker(), await service.newTaker()];
  const witness = await taker.socket('order_status_change');
  await hearMarker(maker, witness);
  const work = { done: false };
  const load = Array.from({ length: 4 }, async () => {
    const owner = await service.newMaker();
    for (let round = 0; round < 15; round += 1) {
      const { hash } = await lockedOrder(service, { maker: owner, taker });
      succeeded(await taker.unlock(hash), 200);
    }
  });
  const heard = [...witness.messages];
  const comeAndGo = async (): Promise<void> => {
    do {
      const socket = await taker.socket('order_status_change', { after: heard.at(-1).id });
      const enough = 1 + Math.floor(Math.random() * 20);
      await until(() => socket.messages.length >= enough || work.done, 'some messages');
      await socket.close();
      const ids = idsOf(socket);
      expect(ids).toEqual([...new Set(ids)].toSorted());
      heard.push(...socket.messages);
    } while (!work.done);
  };
  await Promise.all([comeAndGo(), Promise.all(load).finally(() => (work.done = true))]);
  const last = await taker.socket('order_status_change', { after: heard.at(-1).id });
  await hearMarker(maker, last, witness);
  expect([...heard, ...last.messages]).toEqual(witness.messages);
  await Promise.all([last.close(), witness.close()]);
  await expectInvariants(service.dataSource);
});

test('an event that commits late is replayed, though those heard before drew their numbers after it', async () => {
  const maker = await service.newMaker();
  const socket = await maker.socket();
  const early = await maker.place();
  await hearMarker(maker, socket);
  const others = await besideTransaction(service.dataSource, async (late) => {
    const seq = await writeEvent(late, early.id);
    const placed = [await maker.place(), await maker.place()];
    // who pages by number alone would have read these by now, and would go on after them
    const [{ passed }] = await service.dataSource.query(
      'SELECT count(*)::int AS passed FROM order_events WHERE seq > $1',
      [seq],
    );
    expect(passed).toBe(placed.length);
    await socket.close();
    const between = await maker.socket(undefined, { after: lastIdOf(socket) });
    await between.close();
    expect(between.messages).toEqual([]);
    return placed;
  });

  const back = await maker.socket(undefined, { after: lastIdOf(socket) });
  await back.hearAbout('order_status_change', others[1]!.order_hash);
  expect(back.messages.map(({ data }) => data.order_hash)).toEqual(
    [early, ...others].map(({ order_hash }) => order_hash),
  );
  await back.close();
});

test('far more than fits a batch or a buffer goes out no faster than it is read', async () => {
  const EVENTS = 6_000;
  const maker = await service.newMaker();
  const socket = (await maker.socket()).undocumented();
  const { id, order_hash } = await maker.place();
  await socket.hearAbout('order_status_change', order_hash);
  await service.dataSource.query(
    `INSERT INTO order_events (order_id, version, type, from_status, to_status, order_hash, maker, actor, payload,
       created_at)
     SELECT $1, 1 + n, 'order_status_change', 'pending', 'pending', $2, $3, '{"kind":"timer"}',
       jsonb_build_object('metadata', jsonb_build_object('reference_id', n::text, 'reason', repeat('x', 2000))), clock_timestamp()
     FROM generate_series(1, $4::int) n`,
    [id, order_hash, maker.address, EVENTS],
  );
  const back = (await maker.socket(undefined, { after: lastIdOf(socket) })).undocumented();
  back.ws.pause();
  const live = await maker.place(); // committed while nothing is read
  back.ws.resume();
  await back.hearAbout('order_status_change', live.order_hash);
  const numbers = back.messages.map(({ data }) => data.metadata.reference_id);
  expect(numbers).toEqual([...Array.from({ length: EVENTS }, (_, n) => String(n + 1)), undefined]);
  await Promise.all([socket.close(), back.close()]);
});

test('an id that was given out while positions were transaction numbers is still good', async () => {
  const maker = await service.newMaker();
  const socket = await maker.socket();
  const { order_hash } = await maker.place();
  const { id } = await socket.hearAbout('order_status_change', order_hash);
  await socket.close();
  const missed = await maker.place();
  const hex = (number: string): string => BigInt(number).toString(16).padStart(16, '0');
  const [{ xid, seq }] = await service.dataSource.query(
    'SELECT xid::text, seq FROM order_events WHERE order_hash = $1',
    [order_hash],
  );
  const earlier = hex(xid) + hex(seq);
  expect(earlier).not.toBe(id);
  const back = await maker.socket(undefined, { after: earlier });
  await back.hearAbout('order_status_change', missed.order_hash);
  expect(back.messages.map(({ data }) => data.order_hash)).toEqual([missed.order_hash]);
  await back.close();
});

describe('an id that is not known here', () => {
  const cases: [string, (known: string) => string][] = [
    ['of another database', () => 'f'.repeat(16) + '0'.repeat(15) + '1'],
    ['of nothing that was ever told', () => '0'.repeat(32)],
    [
      'of a history that was undone: a number that an event has, with the mark of another',
      (known) => known.slice(0, 16) + (known.endsWith('0') ? '1' : '0').repeat(16),
    ],
    ['of a number that no event can have', () => 'f'.repeat(32)],
    ['of a number that no event has yet', (known) => '7'.repeat(16) + known.slice(16)],
  ];

  test.each(cases)('%s gets resync, and is live at once, without what is kept', async (_, idBy) => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const steady = await maker.socket();
    const { hash, requestId } = await askedOrder(service, { maker, taker });
    await hearMarker(maker, steady);
    const after = idBy(lastIdOf(steady));
    const socket = await maker.socket(undefined, { after });
    const resync = await socket.hear(({ type }) => type === 'resync');
    expect(socket.messages).toEqual([
      {
        type: 'resync',
        id: expect.stringMatching(/^0{16}[0-9a-f]{16}$/),
        timestamp: expect.stringMatching(/Z$/),
        data: { after, kept_since: null },
      },
    ]);
    await hearMarker(maker, steady, socket);
    expect(socket.messages).toEqual([resync, steady.messages.at(-1)]);

    // what it was asked is no event of the past, but a question that is open
    const ofTaker = await taker.socket(undefined, { after });
    await ofTaker.hear(isRedelivered);
    const told = ofTaker.messages.map(({ type, data }) => data.metadata?.request_id ?? type);
    expect(told).toEqual(['resync', requestId]);
    succeeded(await taker.answer(hash, true), 200);

    const again = await maker.socket(undefined, { after: resync.id });
    const second = await again.hear(({ type }) => type === 'resync');
    expect(second.id > resync.id).toBe(true);
    await Promise.all([steady, socket, ofTaker, again].map((open) => open.close()));
  });
});

describe('a bad after is refused, naming it', () => {
  let taker: TakerClient;
  let maker: MakerClient;
  beforeAll(async () => {
    [taker, maker] = [await service.newTaker(), await service.newMaker()];
  });
  const GOOD = '00000000000002a60000000000000001';

  test.each([
    ['empty', ''],
    ['too short', GOOD.slice(1)],
    ['too long', `${GOOD}0`],
    ['in capitals', GOOD.toUpperCase()],
    ['with other signs', GOOD.replace(/.$/, 'g')],
    ['with space', `${GOOD}%20`],
    ['with a line end', `${GOOD}%0A`],
    ['with NUL', `${GOOD}%00`],
  ])('%s', async (_, after) => {
    const sockets = [
      ['/ws/taker/v1?types=order_status_change', { 'x-api-key': taker.apiKey }],
      ['/ws/maker/v1?types=order_status_change', { authorization: `Bearer ${maker.token}` }],
    ] as const;
    for (const [path, headers] of sockets) {
      const refused = await Socket.refused(`${service.url}${path}&after=${after}`, { headers });
      expect(refused.status).toBe(400);
      const details = 'after must be the id of a message: 32 lower-case hex digits';
      expectRefusal(refused, INVALID, details);
    }
  });
});
