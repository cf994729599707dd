import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { freePort } from '#database';
import type { MakerClient, TakerClient } from './support/clients.js';
import { makeDue } from './support/database.js';
import { ExternalService } from './support/external-service.js';
import { lockedOrder, succeeded } from './support/handshake.js';
import { call } from './support/http.js';
import { isLockAwaited, whileOrderIsHeld } from './support/other-transaction.js';
import type { ServiceProcess } from './support/service-process.js';
import { type ReceivedSpan, TraceReceiver } from './support/trace-receiver.js';
import { until } from './support/until.js';

/** What an OpenTelemetry collector is sent of a handshake whose taker is connected to another instance than is called. */
jest.setTimeout(120_000); // processes start in it
const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;
const PARENT = 'b7ad6b7169203331';
/** Fails every import of OpenTelemetry. */
const WITHOUT = [process.execPath, '--import', './test/support/without-opentelemetry.js', 'dist/src/main.js'];

let service: ExternalService;
let receiver: TraceReceiver;
let instances: ServiceProcess[];
let secondUrl: string;
let maker: MakerClient;
let taker: TakerClient;
beforeAll(async () => {
  [service, receiver] = [await ExternalService.prepare(), await TraceReceiver.start()];
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '20' };
  const PORT = String(await freePort());
  secondUrl = `http://127.0.0.1:${PORT}`;
  instances = await Promise.all([
    service.start(traced),
    service.start({ ...traced, PORT, OTEL_SERVICE_NAME: 'second' }),
    service.start(traced, [process.execPath, 'dist/apps/worker/src/main.js']),
  ]);
  [maker, taker] = [await service.newMaker(), await service.newTaker()];
});
afterAll(async () => {
  expect(await Promise.all(instances.map((instance) => instance.stop()))).toEqual([0, 0, 0]);
  receiver.stop();
  await service.drop();
});

let calls = 0;
/** Another trace that a caller has begun. */
function callersTrace() {
  calls += 1;
  const traceId = String(calls).padStart(32, 'a');
  return { traceId, headers: { traceparent: `00-${traceId}-${PARENT}-01` } };
}

const UNTRACED = ['http_request_id', 'key_id', 'kind', 'taker_id'];
/** What an order's latest event says of who made it. */
async function lastActorOf(orderHash: string): Promise<string[]> {
  const [{ actor }] = await service.dataSource.query(
    'SELECT actor FROM order_events WHERE order_hash = $1 ORDER BY version DESC LIMIT 1',
    [orderHash],
  );
  return Object.keys(actor).toSorted();
}

const TRANSACTION = `
  wait for a transaction (internal)
  transaction (internal)`;

test('a call, its wait, its statements and the pushes of another instance are one trace; the answer is linked to it', async () => {
  const order = await lockedOrder(service, { maker, taker });
  const [ofMaker, ofTaker] = [await maker.socket(), await taker.socket(undefined, { url: secondUrl })];
  const cancel = callersTrace();
  succeeded(
    await maker.call('POST', `/orders/${order.id}/cancel`, { json: {}, headers: cancel.headers }),
    202,
  );
  const question = await ofTaker.hearAbout('cancellation_request', order.hash);
  const answer = callersTrace();
  const verdict = { taker_address: taker.address, cancellation_success: true, message: '' };
  const json = { order_hash: order.hash, ...verdict };
  succeeded(await taker.call('POST', '/orders/cancel-result', { json, ...answer }), 200);
  await ofMaker.hearAbout('order_status_change', order.hash);

  const asked = await receiver.trace(cancel.traceId, 7);
  expect(withoutPushes(asked)).toBe(`POST /api/v1/orders/:order_id/cancel (server)${TRANSACTION}
    begin; keep_plans; lock_free_orders; read_traced_requests; read_clock (client)
    update_orders; insert_cancellation_requests; insert_order_events; commit (client)`);
  expect(pushesIn(asked)).toEqual(['push cancellation_request', 'push cancellation_update']);
  const [server, push] = [
    await receiver.hear(({ traceId, kind }) => traceId === cancel.traceId && kind === SERVER),
    await receiver.hear(
      ({ traceId, name }) => traceId === cancel.traceId && name.startsWith('push cancellation_request'),
    ),
  ];
  const lines = instances[0]!.stdout.split('\n').filter((line) => line.includes(cancel.traceId));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { traceparent: `00-${cancel.traceId}-${server.spanId}-01`, msg: 'call answered' },
  ]);
  expect(server).toMatchObject({
    service: 'lockstep-api',
    parentSpanId: PARENT,
    status: { code: 0 },
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/api/v1/orders/:order_id/cancel',
      'http.response.status_code': 202,
      'lockstep.wallet': maker.address,
    },
  });
  expect(push).toMatchObject({
    service: 'second',
    parentSpanId: server.spanId,
    status: { code: 0 },
    attributes: { 'lockstep.message.id': question.id, 'lockstep.socket': 'taker' },
  });

  const answered = await receiver.trace(answer.traceId, 8);
  expect(withoutPushes(answered)).toBe(`POST /api/v1/orders/cancel-result (server)${TRANSACTION}
    begin; keep_plans; lock_free_orders; read_traced_requests; read_clock (client)
    update_orders; update_requests; insert_order_events; commit (client)`);
  const answering = await receiver.hear(({ traceId, kind }) => traceId === answer.traceId && kind === SERVER);
  expect(answering.links).toMatchObject([{ traceId: cancel.traceId, spanId: server.spanId }]);
  await ofMaker.close();
  await ofTaker.close();
  for (const secret of [taker.apiKey, maker.token, order.placed.signature])
    expect(receiver.text).not.toContain(secret);
});

test('a refusal is the answer that it is, a failure is an error, of the call and of its statement', async () => {
  const { id, hash } = await lockedOrder(service, { maker, taker });
  const [refused, failed] = [callersTrace(), callersTrace()];
  const other = await service.newTaker();
  const unlock = { json: { order_hash: hash } };
  succeeded(await other.call('POST', '/orders/unlock', { ...unlock, ...refused }), 403);
  await whileOrderIsHeld(service.dataSource, id, async () => {
    const answer = taker.call('POST', '/orders/unlock', { ...unlock, ...failed });
    await until(() => isLockAwaited(service.dataSource), 'the call to wait for the row');
    await service.dataSource.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    );
    succeeded(await answer, 503);
  });
  const spanOf = (trace: string, kind: number, isFailed: boolean) =>
    receiver.hear(
      ({ traceId, kind: of, status }) =>
        traceId === trace && of === kind && (status.code === ERROR) === isFailed,
    );
  expect((await spanOf(refused.traceId, SERVER, false)).attributes).toMatchObject({
    'http.response.status_code': 403,
    'lockstep.code': 403002,
  });
  expect((await spanOf(failed.traceId, SERVER, true)).attributes).toMatchObject({
    'http.response.status_code': 503,
    'error.type': '503',
  });
  expect(await spanOf(failed.traceId, CLIENT, true)).toMatchObject({
    name: 'begin; keep_plans; lock_orders; read_traced_requests; read_clock',
    attributes: { 'error.type': '57P01' },
  });
});

test('what its caller does not want recorded is not carried on', async () => {
  const { order_hash } = await maker.place();
  const headers = { traceparent: callersTrace().headers.traceparent.replace(/01$/, '00') };
  succeeded(await taker.call('POST', '/orders/lock', { json: { order_hash }, headers }), 200);
  expect(await lastActorOf(order_hash)).toEqual(UNTRACED);
});

test('what time brings is a trace of its own, up to the push', async () => {
  const { hash } = await lockedOrder(service, { maker, taker });
  const socket = await maker.socket();
  await makeDue(service.dataSource, hash, 'lock');
  const { id } = await socket.hear(({ data }) => data.order_hash === hash && data.to_status === 'pending');
  const push = await receiver.hear(({ attributes }) => attributes['lockstep.message.id'] === id);
  const settled = await receiver.hear(
    ({ traceId, parentSpanId }) => traceId === push.traceId && !parentSpanId,
  );
  expect(settled).toMatchObject({
    name: 'settle order',
    service: 'lockstep-worker',
    spanId: push.parentSpanId,
  });
  await socket.close();
});

test('calls that share a transaction are linked to it, and it to them', async () => {
  const isShared = ({ name, attributes }: ReceivedSpan) =>
    name === 'transaction' && Number(attributes['lockstep.calls']) > 1;
  while (!receiver.spans.some(isShared)) {
    const orders = await Promise.all(Array.from({ length: 12 }, () => maker.place()));
    const answers = await Promise.all(orders.map(({ order_hash }) => taker.lock(order_hash)));
    for (const answer of answers) succeeded(answer, 200);
  }
  const shared = await receiver.hear(isShared);
  expect(shared.links).toHaveLength(Number(shared.attributes['lockstep.calls']) - 1);
  const wait = await receiver.hear(
    ({ name, traceId }) => name.startsWith('wait') && traceId === shared.links[0]!.traceId,
  );
  expect(wait.links).toMatchObject([{ traceId: shared.traceId, spanId: shared.spanId }]);
});

test('without an endpoint nothing of OpenTelemetry is loaded, and an event says nothing of traces', async () => {
  const PORT = String(await freePort());
  const [off, on] = await Promise.allSettled([
    service.start({ PORT }, WITHOUT),
    service.start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, PORT: '0' }, WITHOUT),
  ]);
  expect(String((on as PromiseRejectedResult).reason)).toContain('OpenTelemetry is loaded');
  const { order_hash } = await maker.place();
  const options = {
    json: { order_hash },
    headers: { 'x-api-key': taker.apiKey, ...callersTrace().headers },
  };
  succeeded(await call('POST', `http://127.0.0.1:${PORT}/api/v1/orders/lock`, options), 200);
  expect(await lastActorOf(order_hash)).toEqual(UNTRACED);
  expect(await (off as PromiseFulfilledResult<ServiceProcess>).value.stop()).toBe(0);
});

test('a collector that does not answer holds up no call and no stop', async () => {
  const silent = createServer(() => {}).unref();
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const PORT = String(await freePort());
  const instance = await service.start({
    PORT,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    OTEL_BSP_SCHEDULE_DELAY: '20',
    // beyond what any stop may take
    OTEL_BSP_EXPORT_TIMEOUT: '60000',
    OTEL_EXPORTER_OTLP_TIMEOUT: '60000',
  });
  const asked = once(silent, 'connection');
  const { order_hash } = await maker.place();
  const options = { json: { order_hash }, headers: { 'x-api-key': taker.apiKey } };
  const callOn = (verb: string) => call('POST', `http://127.0.0.1:${PORT}/api/v1/orders/${verb}`, options);
  succeeded(await callOn('lock'), 200);
  await asked;
  succeeded(await callOn('unlock'), 200);
  expect(await instance.stop()).toBe(0);
});

const withoutPushes = (trace: string): string => trace.replace(/\n +push .*/g, '');
const pushesIn = (trace: string): string[] =>
  trace
    .split('\n')
    .filter((line) => line.includes(' push '))
    .map((line) => line.trim().replace(' (producer)', ''))
    .toSorted();
