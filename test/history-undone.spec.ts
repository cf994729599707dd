import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EventTail } from '#events';
import { MetricsPage } from './support/metrics.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** A database that goes back in time while sockets are open, as when a standby takes over that was behind. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const sql = (text: string, ...values: unknown[]): Promise<unknown> => service.dataSource.query(text, values);

/** As a server that has failed does. */
const cutConnections = (): Promise<unknown> =>
  sql(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
const undone = async (): Promise<number | undefined> =>
  (await MetricsPage.of(service.url)).value('lockstep_history_undone_total');

test('all sockets are closed with 1012 and begin anew, and numbers given out twice are told apart', async () => {
  const [maker, other, taker] = [
    await service.newMaker(),
    await service.newMaker(),
    await service.newTaker(),
  ];
  const sockets = [await maker.socket(), await taker.socket()] as const;
  const kept = await maker.place();
  const { id: common } = await sockets[0].hearAbout('order_status_change', kept.order_hash);
  const lost = [await maker.place(), await maker.place()];
  await Promise.all(sockets.map((socket) => socket.hearAbout('order_status_change', lost[1]!.order_hash)));

  await cutConnections();
  const met = await maker.socket(undefined, { after: common });
  await met.hearAbout('order_status_change', lost[1]!.order_hash);
  expect(sockets.map(({ closeCode }) => closeCode)).toEqual([undefined, undefined]);
  expect(await undone()).toBe(0);

  await sql(
    'DELETE FROM order_events WHERE order_hash = ANY ($1)',
    lost.map(({ order_hash }) => order_hash),
  );
  await sql(
    'DELETE FROM orders WHERE order_hash = ANY ($1)',
    lost.map(({ order_hash }) => order_hash),
  );
  await sql(`SELECT setval('order_events_seq', max(seq)) FROM order_events`);
  const instead = [await other.place(), await maker.place(), await other.place()];
  await cutConnections();
  await until(
    () => [...sockets, met].every(({ closeCode }) => closeCode === 1012),
    'the sockets to be closed',
  );
  expect(await undone()).toBe(1);

  const after = sockets[0].events.at(-1).id;
  const misled = await maker.socket(undefined, { after });
  expect(await misled.hear(({ type }) => type === 'resync')).toMatchObject({ data: { after } });
  const onCommonGround = await maker.socket(undefined, { after: common });
  await onCommonGround.hearAbout('order_status_change', instead[1]!.order_hash);
  const live = await maker.place();
  for (const socket of [misled, onCommonGround])
    await socket.hearAbout('order_status_change', live.order_hash);
  expect(onCommonGround.messages.map(({ data }) => data.order_hash)).toEqual([
    instead[1]!.order_hash,
    live.order_hash,
  ]);
  await Promise.all([misled, onCommonGround].map((socket) => socket.close()));
});

test('what the event bus brings of another history is not handed out: only the database tells which one holds', async () => {
  const maker = await service.newMaker();
  const socket = await maker.socket();
  const { order_hash } = await maker.place();
  await socket.hearAbout('order_status_change', order_hash);
  const tail = service.app.get(EventTail);
  const { id, created_at } = tail.position;
  const [event] = await service.dataSource.query('SELECT * FROM order_events WHERE order_hash = $1', [
    order_hash,
  ]);
  const of = (later: bigint): string =>
    (BigInt(`0x${id.slice(0, 16)}`) + later).toString(16).padStart(16, '0') + '0'.repeat(16);
  tail.offer({
    from: of(0n),
    to: of(1n),
    created_at,
    events: [{ ...event, seq: String(BigInt(event.seq) + 1n) }],
  });
  expect(tail.position.id).toBe(id);
  const live = await maker.place();
  await socket.hearAbout('order_status_change', live.order_hash);
  expect(socket.messages).toHaveLength(2);
  await socket.close();
});
