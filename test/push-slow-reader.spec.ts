import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { MakerClient } from './support/clients.js';
import { MetricsPage } from './support/metrics.js';
import { frame, OPCODE, RawSocket, upgradingConnections } from './support/raw-socket.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** Readers that stop reading, while the service has much to say. */
const MEBIBYTE = 1024 * 1024;
const MESSAGE_BYTES = 64 * 1024;
const BATCH = 50;

let service: TestService;
let maker: MakerClient;
let orderId: string;
let written = 0;
beforeAll(async () => {
  service = await startService();
  maker = await service.newMaker();
  orderId = (await maker.place()).id;
});
afterAll(() => service.stop());

/** Writes events that concern the maker, each with as much as a message is to weigh. */
async function writeEvents(): Promise<void> {
  await service.dataSource.query(
    `INSERT INTO order_events (order_id, version, type, from_status, to_status, order_hash, maker, actor, payload,
                               created_at)
     SELECT o.id, 1 + $2::int + n, 'order_status_change', 'pending', 'locked', o.order_hash, o.maker,
            '{"kind": "timer"}', jsonb_build_object('metadata', jsonb_build_object(
              'reference_id', ($2::int + n)::text, 'reason', repeat('x', $4))),
            clock_timestamp()
       FROM orders o, generate_series(1, $3) AS n WHERE o.id = $1`,
    [orderId, written, BATCH, MESSAGE_BYTES],
  );
  written += BATCH;
}

/** A reader that reads, and one that stopped, with the service's side of its connection. */
async function readers() {
  const connections = upgradingConnections(service);
  const reading = (await maker.socket()).undocumented();
  const stalled = (await maker.socket()).undocumented();
  stalled.ws.pause();
  const first = written + 1;
  // without the order's creation, which may still come
  const numbers = (socket: typeof reading): number[] =>
    socket
      .ofType('order_status_change')
      .flatMap(({ data }) => (data.metadata.reference_id ? Number(data.metadata.reference_id) : []));
  const expected = () => Array.from({ length: written - first + 1 }, (_, index) => first + index);
  return { reading, stalled, connection: connections[1]!, numbers, expected };
}

/** Writes events until the service sends the stalled reader no more; returns how many bytes that has not taken. */
async function writeUntilClosed({
  reading,
  connection,
  numbers,
  expected,
}: Awaited<ReturnType<typeof readers>>) {
  await until(async () => {
    await writeEvents();
    await until(() => numbers(reading).length === expected().length, 'the other reader to have heard all');
    return (await MetricsPage.of(service.url)).value('lockstep_sockets', { kind: 'maker' }) === 1;
  }, 'the service to send no more');
  return connection.writableLength;
}

test('is closed with 1013 at a bounded buffer and gets all until then; others hear everything', async () => {
  const each = await readers();
  const held = await writeUntilClosed(each);
  expect(held).toBeGreaterThan(MEBIBYTE);
  expect(held).toBeLessThan(MEBIBYTE + 2 * MESSAGE_BYTES);
  each.stalled.ws.resume();
  await until(() => each.stalled.closeCode !== undefined, 'the close');
  expect(each.stalled.closeCode).toBe(1013);
  const heard = each.numbers(each.stalled);
  expect(heard).toEqual(each.expected().slice(0, heard.length));
  expect(heard.length).toBeLessThan(each.expected().length);
  expect(each.numbers(each.reading)).toEqual(each.expected());
  await each.reading.close();
});

test('is cut off when it does not even take the close frame', async () => {
  const each = await readers();
  await writeUntilClosed(each);
  await until(() => each.connection.destroyed, 'the connection to be cut');
  each.stalled.ws.terminate();
  await each.reading.close();
});

test('cannot make the service pile up pongs either', async () => {
  const connections = upgradingConnections(service);
  const headers = { authorization: `Bearer ${maker.token}` };
  const url = `${service.url}/ws/maker/v1?types=order_status_change`;
  const { tcp } = await RawSocket.open(url, headers);
  tcp.pause();
  const pings = Buffer.concat(
    Array.from({ length: 1000 }, () => frame({ opcode: OPCODE.ping, payload: 'x'.repeat(125) })),
  );
  let most = 0;
  await until(() => {
    if (tcp.writableLength < pings.length) tcp.write(pings);
    most = Math.max(most, connections[0]!.writableLength);
    return connections[0]!.destroyed;
  }, 'the connection to be cut');
  expect(most).toBeLessThan(MEBIBYTE);
  tcp.destroy();
});
