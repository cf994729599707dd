import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { EventPartitions, eventId, OrderEvent } from '#events';
import { Order, OrderHistoryService } from '#trading';
import { AdminTool } from './support/admin-tool.js';
import type { MakerClient } from './support/clients.js';
import { startService, type TestService } from './support/service.js';
import type { Socket } from './support/socket.js';

jest.setTimeout(60_000);

/** Events are kept by the day, and go by the day; no trade depends on it. */
let service: TestService;
let maker: MakerClient;
let socket: Socket;
beforeAll(async () => {
  service = await startService({ EVENT_RETENTION_DAYS: '30' });
  maker = await service.newMaker();
});
beforeEach(async () => {
  socket = await maker.socket();
});
afterAll(() => service.stop());

const worker = () => new EventPartitions(service.dataSource, service.settings);
const sql = <Row>(text: string, parameters: unknown[] = []): Promise<Row[]> =>
  service.dataSource.query(text, parameters);

/** The name of the partition of a day, so many days from today. */
async function partitionOf(days: number): Promise<string> {
  const [row] = await sql<{ name: string }>(
    `SELECT 'order_events_' || to_char((clock_timestamp() AT TIME ZONE 'UTC')::date + $1::int, 'YYYYMMDD') AS name`,
    [days],
  );
  return row!.name;
}

const partitions = async (): Promise<string[]> =>
  (
    await sql<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits
        WHERE inhparent = 'order_events'::regclass ORDER BY name`,
    )
  ).map(({ name }) => name);

async function placeAndHear() {
  const order = await maker.place();
  await socket.hearAbout('order_status_change', order.order_hash);
  const [{ partition }] = (await sql<{ partition: string }>(
    'SELECT tableoid::regclass::text AS partition FROM order_events WHERE order_id = $1',
    [order.id],
  )) as [{ partition: string }];
  return { order, partition };
}

/** The id of an order's only event. */
async function idOf({ id }: { id: string }): Promise<string> {
  return eventId(await service.dataSource.getRepository(OrderEvent).findOneByOrFail({ order_id: id }));
}

const eventsOf = (orderHash: string) =>
  new OrderHistoryService(service.dataSource.getRepository(Order))
    .of({ order_hash: orderHash })
    .then(({ events }) => events.length);

test('the partitions of the coming days are made, by one of many workers', async () => {
  await Promise.all(Array.from({ length: 6 }, () => worker().tend()));
  const expected = await Promise.all([0, 1, 2, 3].map(partitionOf));
  // the database may have been made the day before
  const coming = (await partitions()).filter((name) => name >= expected[0]!);
  expect(coming).toEqual([...expected, 'order_events_default']);
});

describe('a day without a partition', () => {
  test('fails no trade; what happened meanwhile gets its partition later, and nothing is lost', async () => {
    const before = await placeAndHear();
    for (const name of await partitions()) {
      if (name !== 'order_events_default') await sql(`DROP TABLE ${name}`);
    }
    const strays = [await placeAndHear(), await placeAndHear()];
    expect(strays.map(({ partition }) => partition)).toEqual([
      'order_events_default',
      'order_events_default',
    ]);
    await Promise.all([worker().tend(), worker().tend()]);
    expect(await sql('SELECT * FROM order_events_default')).toEqual([]);
    // one partition for as many days as have theirs ahead
    expect(await partitions()).toEqual([await partitionOf(3), 'order_events_default']);
    for (const { order } of strays) expect(await eventsOf(order.order_hash)).toBe(1);
    expect(await eventsOf(before.order.order_hash)).toBe(0);
    const after = await placeAndHear();
    expect(after.partition).toBe(await partitionOf(3));
    await socket.close();
  });
});

describe('after EVENT_RETENTION_DAYS', () => {
  test('whole days are dropped, and only old ones; who asks for more gets resync, and nothing of what is kept', async () => {
    const aged = new Map<number, { eventId: string; hash: string }>();
    for (const days of [31, 29]) {
      const name = await partitionOf(-days);
      await sql(
        `CREATE TABLE ${name} PARTITION OF order_events FOR VALUES
           FROM ('${await dayText(-days)}') TO ('${await dayText(1 - days)}')`,
      );
      const { order } = await placeAndHear();
      await sql(
        `UPDATE order_events SET created_at = date_trunc('day', clock_timestamp(), 'UTC')
           - make_interval(days => $2) + interval '12 hours' WHERE order_id = $1`,
        [order.id, days],
      );
      aged.set(days, { eventId: await idOf(order), hash: order.order_hash });
    }
    const kept = await placeAndHear();
    await Promise.all([worker().tend(), worker().tend()]);
    expect(await partitions()).not.toContain(await partitionOf(-31));
    expect(await partitions()).toContain(await partitionOf(-29));
    expect(await eventsOf(aged.get(31)!.hash)).toBe(0);
    expect(await eventsOf(aged.get(29)!.hash)).toBe(1);
    const admin = new AdminTool(service.databaseUrl);
    const shown = (days: number) => admin.json('order', 'show', aged.get(days)!.hash);
    expect(await shown(31)).toMatchObject({ earlier_events_dropped: true, events: [] });
    expect(await shown(29)).toMatchObject({ earlier_events_dropped: false, events: [{ version: 1 }] });
    expect(await admin.text('order', 'show', aged.get(31)!.hash, '--text')).toContain('no longer kept');

    const late = await maker.socket(undefined, { after: aged.get(31)!.eventId });
    const resync = await late.hear(({ type }) => type === 'resync');
    expect(resync.data).toEqual({ after: aged.get(31)!.eventId, kept_since: await dayText(-29) });
    const live = await maker.place();
    await late.hearAbout('order_status_change', live.order_hash);
    expect(late.messages.map(({ type, data }) => data.order_hash ?? type)).toEqual([
      'resync',
      live.order_hash,
    ]);

    const inTime = await maker.socket(undefined, { after: aged.get(29)!.eventId });
    await inTime.hearAbout('order_status_change', live.order_hash);
    expect(inTime.ofType('resync')).toEqual([]);
    expect(inTime.messages.map(({ data }) => data.order_hash)).toEqual([
      kept.order.order_hash,
      live.order_hash,
    ]);
    await Promise.all([late.close(), inTime.close(), socket.close()]);
  });

  test('an id of the first hour that is kept gets resync too: some of what followed may be gone', async () => {
    const { order } = await placeAndHear();
    await sql('UPDATE order_events SET created_at = $2 WHERE order_id = $1', [order.id, await dayText(-29)]);
    const late = await maker.socket(undefined, { after: await idOf(order) });
    await late.hear(({ type }) => type === 'resync');
    await Promise.all([late.close(), socket.close()]);
  });
});

/** The beginning of a day, so many days from today. */
async function dayText(days: number): Promise<string> {
  const [row] = await sql<{ day: Date }>(
    `SELECT date_trunc('day', clock_timestamp(), 'UTC') + make_interval(days => $1) AS day`,
    [days],
  );
  return row!.day.toISOString();
}
