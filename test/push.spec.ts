import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { besideTransaction } from './support/other-transaction.js';
import { startService, type TestService } from './support/service.js';
import { Socket } from './support/socket.js';
import { until } from './support/until.js';

/** What the sockets tell, to the letter: contract section 7. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

const ID = expect.stringMatching(/^[0-9a-f]{32}$/);
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const UUID = expect.stringMatching(/^[0-9a-f-]{36}$/);

/** A request as it was asked. A connect that is still looking for open ones may push the same request again. */
const isLiveRequest: Parameters<Socket['hear']>[0] = ({ type, data }) =>
  type === 'cancellation_request' && !data.metadata.redelivered;

/** The ids of the requests that were pushed again at the connect; live events may come between them. */
const redeliveredOn = (socket: Socket): string[] =>
  socket
    .ofType('cancellation_request')
    .map(({ data }) => data.metadata)
    .filter(({ redelivered }) => redelivered)
    .map(({ request_id }) => request_id);

describe('a taker hears', () => {
  test('a cancellation request, once, with everything it needs to answer', async () => {
    const taker = await service.newTaker();
    const socket = await taker.socket();
    const { maker, id, hash, requestId } = await askedOrder(service, { taker });
    const push = await socket.hear(isLiveRequest);
    const { cancellation } = await maker.order(id);
    expect(push).toEqual({
      type: 'cancellation_request',
      id: ID,
      timestamp: cancellation.requested_at,
      data: {
        order_hash: hash,
        maker: maker.address,
        reason: 'user_requested',
        metadata: {
          request_id: requestId,
          taker_address: taker.address,
          expires_at: cancellation.expires_at,
          on_timeout: 'keep_locked',
          redelivered: false,
        },
      },
    });
    succeeded(await taker.answer(hash, true), 200);
    await socket.hear(({ data }) => data?.to_status === 'cancelled');
    expect(socket.messages.filter(isLiveRequest)).toHaveLength(1);
    await socket.close();
  });

  test('of every new order, and then only of orders that it holds', async () => {
    const [holder, bystander] = [await service.newTaker(), await service.newTaker()];
    const [ofHolder, ofBystander] = [await holder.socket(), await bystander.socket()];
    const { maker, hash } = await lockedOrder(service, { taker: holder });
    succeeded(await holder.unlock(hash), 200);
    await ofHolder.hear(({ data }) => data?.order_hash === hash && data.from_status === 'locked');
    const about = (socket: Socket) => socket.messages.filter(({ data }) => data?.order_hash === hash);
    expect(about(ofHolder)).toEqual([
      {
        type: 'order_status_change',
        id: ID,
        timestamp: TIME,
        data: {
          order_hash: hash,
          maker: maker.address,
          taker: null,
          from_status: null,
          to_status: 'pending',
          metadata: {},
        },
      },
      {
        type: 'order_status_change',
        id: ID,
        timestamp: TIME,
        data: {
          order_hash: hash,
          maker: maker.address,
          taker: holder.address,
          from_status: 'pending',
          to_status: 'locked',
          metadata: { expires_at: TIME, lock_id: UUID, taker_address: holder.address },
        },
      },
      expect.objectContaining({
        data: expect.objectContaining({ from_status: 'locked', to_status: 'pending', taker: holder.address }),
      }),
    ]);
    // an event of its own shows that the bystander has heard everything before it
    const marker = await lockedOrder(service, { taker: bystander });
    await ofBystander.hear(({ data }) => data?.order_hash === marker.hash && data.to_status === 'locked');
    expect(about(ofBystander)).toHaveLength(1);
    await Promise.all([ofHolder.close(), ofBystander.close()]);
  });

  test('of its fill the transaction under both names, and its address', async () => {
    const taker = await service.newTaker();
    const socket = await taker.socket();
    const { hash, placed } = await lockedOrder(service, { taker });
    const tx_hash = `0x${'ab'.repeat(32)}`;
    succeeded(await taker.fill(placed, { tx_hash }), 200);
    const { data } = await socket.hear((heard) => heard.data?.to_status === 'filled');
    expect(data).toMatchObject({
      order_hash: hash,
      taker: taker.address,
      metadata: { taker_address: taker.address, tx_hash, blockchain_tx_hash: tx_hash },
    });
    await socket.close();
  });

  test('nothing more of an order that it has given back', async () => {
    const taker = await service.newTaker();
    const socket = await taker.socket();
    const { maker, id, hash } = await lockedOrder(service, { taker });
    succeeded(await taker.unlock(hash), 200);
    const next = await service.newTaker();
    succeeded(await next.lock(hash), 200);
    succeeded(await next.unlock(hash), 200);
    succeeded(await maker.cancel(id), 200);
    const { order_hash: marker } = await maker.place();
    await socket.hearAbout('order_status_change', marker);
    const changes = socket.messages.filter(({ data }) => data?.order_hash === hash);
    expect(changes.map(({ data }) => data.to_status)).toEqual(['pending', 'locked', 'pending']);
    const [last] = await service.dataSource.query(
      'SELECT taker_id, payload FROM order_events WHERE order_hash = $1 ORDER BY version DESC LIMIT 1',
      [hash],
    );
    expect(last).toMatchObject({ taker_id: null, payload: { taker: null } });
    await socket.close();
  });

  test('what it asked for in types, and nothing else', async () => {
    const taker = await service.newTaker();
    const socket = await taker.socket('cancellation_request');
    const { hash } = await askedOrder(service, { taker });
    await socket.hearAbout('cancellation_request', hash);
    expect(socket.ofType('order_status_change')).toEqual([]);
    await socket.close();
  });

  test('its open requests again at every connect, timed-out ones too, answered ones not', async () => {
    const taker = await service.newTaker();
    const [open, timedOut, answered] = [
      await askedOrder(service, { taker }),
      await askedOrder(service, { taker }),
      await askedOrder(service, { taker }),
    ];
    await makeDue(service.dataSource, timedOut.hash, 'request');
    succeeded(await taker.answer(answered.hash, false), 200);
    for (let connect = 0; connect < 2; connect += 1) {
      const socket = await taker.socket();
      await until(() => redeliveredOn(socket).length > 1, 'both open requests');
      expect(redeliveredOn(socket)).toEqual([open.requestId, timedOut.requestId]);
      await socket.close();
    }
  });

  test('the same on every one of its sockets', async () => {
    const taker = await service.newTaker();
    const sockets = [await taker.socket(), await taker.socket()];
    await askedOrder(service, { taker });
    const [one, other] = await Promise.all(sockets.map((socket) => socket.hear(isLiveRequest)));
    expect(one).toEqual(other);
    await Promise.all(sockets.map((socket) => socket.close()));
  });
});

describe('a maker hears', () => {
  test('the whole course of its orders and requests, ids growing, and nothing of others', async () => {
    const [maker, stranger] = [await service.newMaker(), await service.newMaker()];
    const [socket, ofStranger] = [await maker.socket(), await stranger.socket()];
    const { taker, id, hash, requestId } = await askedOrder(service, { maker });
    await makeDue(service.dataSource, hash, 'request');
    succeeded(await maker.cancel(id), 202); // asked again
    succeeded(await taker.answer(hash, false, { message: 'already trading' }), 200);
    succeeded(await maker.cancel(id), 202); // a new request
    succeeded(await taker.answer(hash, true, { message: 'it fell through' }), 200);
    await socket.hear(({ data }) => data.to_status === 'cancelled');
    const course = socket.messages.map(({ type, data }) =>
      type === 'order_status_change'
        ? `${data.from_status} → ${data.to_status}`
        : `${data.status} ${data.resolved_by} ${data.message}`,
    );
    expect(course).toEqual([
      'null → pending',
      'pending → locked',
      'requested null null',
      'timed_out null null',
      'requested null null',
      'rejected answer already trading',
      'requested null null',
      'accepted answer it fell through',
      'locked → cancelled',
    ]);
    expect(socket.messages[2]).toEqual({
      type: 'cancellation_update',
      id: ID,
      timestamp: TIME,
      data: {
        order_hash: hash,
        order_id: id,
        request_id: requestId,
        status: 'requested',
        resolved_by: null,
        late: false,
        message: null,
      },
    });
    const ids = socket.messages.map((message) => message.id);
    expect(ids).toEqual([...new Set(ids)].toSorted());
    expect(ofStranger.messages).toEqual([]);
    await Promise.all([socket.close(), ofStranger.close()]);
  });
});

describe('pushed_at', () => {
  test('is null while the taker has no live socket, then when it first went out', async () => {
    const { maker, taker, id } = await askedOrder(service);
    expect((await maker.order(id)).cancellation.pushed_at).toBeNull();
    const pushedAt = async (): Promise<string | null> => (await maker.order(id)).cancellation.pushed_at;
    const socket = await taker.socket();
    await until(async () => (await pushedAt()) !== null, 'pushed_at');
    const first = await pushedAt();
    expect((await maker.cancel(id)).body.data.cancellation.pushed_at).toBe(first);
    await socket.close();
    const again = await taker.socket();
    await until(() => redeliveredOn(again).length === 1, 'the request again');
    await again.close();
    expect(await pushedAt()).toBe(first);
  });

  test('of a request that a transaction is at is noted after it, and keeps no other back', async () => {
    const held = await askedOrder(service);
    const beside = await askedOrder(service, { taker: held.taker });
    const later = await askedOrder(service);
    const pushedAt = async ({ id, maker }: typeof held): Promise<string | null> =>
      (await maker.order(id)).cancellation.pushed_at;
    const sockets = await besideTransaction(service.dataSource, async (other) => {
      await other.query('SELECT 1 FROM cancellation_requests WHERE id = $1 FOR UPDATE', [held.requestId]);
      const first = await held.taker.socket();
      await until(() => redeliveredOn(first).length === 2, 'both requests again');
      await until(async () => (await pushedAt(beside)) !== null, 'the note of the one beside it');
      const second = await later.taker.socket();
      await until(async () => (await pushedAt(later)) !== null, 'the note of a later one');
      expect(await pushedAt(held)).toBeNull();
      return [first, second];
    });
    await until(async () => (await pushedAt(held)) !== null, 'the note after the transaction');
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  test('that the database could not note is noted when it can', async () => {
    const { taker, maker, id } = await askedOrder(service);
    await service.dataSource.query(
      `CREATE SEQUENCE attempts;
       CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN PERFORM nextval('attempts'); RAISE EXCEPTION 'not now'; END $$;
       CREATE TRIGGER refused BEFORE UPDATE OF pushed_at ON cancellation_requests EXECUTE FUNCTION refuse()`,
    );
    const wasTried = async (): Promise<boolean> => {
      const [{ is_called }] = await service.dataSource.query('SELECT is_called FROM attempts');
      return is_called;
    };
    const socket = await taker.socket();
    await until(wasTried, 'the first attempt');
    await service.dataSource.query('DROP FUNCTION refuse() CASCADE');
    await until(async () => (await maker.order(id)).cancellation.pushed_at !== null, 'pushed_at');
    await socket.close();
  });

  test('stays null when the socket did not ask for requests', async () => {
    const taker = await service.newTaker();
    const socket = await taker.socket('order_status_change');
    const { maker, id, hash } = await askedOrder(service, { taker });
    succeeded(await taker.answer(hash, true), 200);
    await socket.hear(({ data }) => data?.to_status === 'cancelled');
    expect((await maker.order(id)).cancellation.pushed_at).toBeNull();
    await socket.close();
  });
});
