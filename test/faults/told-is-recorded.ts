import type { OrderEvent } from '#events';
import type { Finding } from '#trading';
import type { Evidence } from './evidence.js';
import { finding } from './finding.js';
import type { Told } from './ledger.js';
import type { DatabaseRecord } from './record.js';

/** Whether the database has what an answer says; by the route, its ids left out. */
type Check = (call: Told, record: Indexed) => boolean;

interface Indexed {
  events: Map<string, OrderEvent[]>;
  orders: Map<string, DatabaseRecord['orders'][number]>;
  requests: Map<string, DatabaseRecord['requests'][number]>;
  fills: Map<string, DatabaseRecord['fills'][number]>;
  wallets: Set<string>;
}

const CHECKS: Record<string, Check> = {
  'POST 200 /makers/connect': ({ sent }, { wallets }) => wallets.has(sent.wallet_address.toLowerCase()),

  'POST 201 /orders': ({ sent, data, callId }, { orders, events }) => {
    const order = orders.get(data.order_hash);
    const isAsSent = ({ maker, nonce, quantity, price, deadline }: typeof sent.order): boolean =>
      maker === order?.maker &&
      nonce === order?.nonce &&
      quantity === order?.quantity &&
      price === order?.price &&
      deadline === order?.deadline;
    return (
      order?.id === data.id &&
      order?.signature === data.signature &&
      isAsSent(sent.order) &&
      isAsSent(data) &&
      madeBy(callId, events.get(data.order_hash), (event) => event.from_status === null)
    );
  },

  // a repeated call may have extended the lock since it was taken
  'POST 200 /orders/lock': ({ sent, data }, { events }) => {
    const locks = events
      .get(sent.order_hash)
      ?.filter(({ to_status, payload: { taker } }) => to_status === 'locked' && taker === sent.taker_address);
    return (
      data.locked_by === sent.taker_address &&
      has(locks, ({ created_at }) => created_at.toISOString() === data.locked_at) &&
      has(
        locks,
        ({ payload: { metadata } }) => (metadata as { expires_at: string }).expires_at === data.expires_at,
      )
    );
  },

  'POST 200 /orders/:id/cancel': ({ data, callId }, record) =>
    madeBy(
      callId,
      eventsOfId(record, data.order_id),
      ({ from_status, to_status }) => from_status === 'pending' && to_status === 'cancelled',
    ),

  'POST 202 /orders/:id/cancel': ({ data }, record) =>
    record.requests.get(data.cancellation.request_id)?.requested_at.toISOString() ===
      data.cancellation.requested_at &&
    has(
      eventsOfId(record, data.order_id),
      ({ type, request_id, payload }) =>
        type === 'cancellation_request' &&
        request_id === data.cancellation.request_id &&
        payload.expires_at === data.cancellation.expires_at,
    ),

  'POST 200 /orders/cancel-result': ({ sent }, { requests, orders }) => {
    const request = requests.get(sent.request_id);
    return (
      request?.order_id === orders.get(sent.order_hash)?.id &&
      request?.taker_address === sent.taker_address &&
      request?.status === (sent.cancellation_success ? 'accepted' : 'rejected') &&
      (request.resolved_by !== 'answer' || request.message === sent.message)
    );
  },

  'POST 200 /orders/unlock': ({ sent, callId }, { events }) =>
    madeBy(callId, events.get(sent.order_hash), ({ payload }) => causeOf(payload.metadata) === 'unlock'),

  'POST 200 /orders/reject': ({ sent, callId }, { events, orders }) =>
    orders.get(sent.order_hash)?.notes === sent.reason &&
    madeBy(callId, events.get(sent.order_hash), ({ to_status }) => to_status === 'rejected'),

  'POST 200 /orders/fill': ({ sent, data }, { fills, orders }) => {
    const order = orders.get(data.order_hash);
    const fill = fills.get(order?.id ?? '');
    return (
      fill?.fill_quantity === sent.fill_quantity &&
      fill?.fill_amount === data.filled_amount &&
      order?.filled_quantity === data.filled_quantity &&
      order?.status === data.status
    );
  },
};

/**
 * Invariant 15. An answer that has no check would be a promise that nobody looks after. What was told when a history was
 * about to end may be in that one alone.
 */
export function toldIsRecorded({ told, record, undone }: Evidence): Finding {
  const holdsIn = (indexed: Indexed) => (call: Told) => CHECKS[routeOf(call)]?.(call, indexed) ?? false;
  const indexed = index(record);
  const isRecorded = holdsIn(indexed);
  const wasRecorded = undone && holdsIn(index(undone.record));
  const isExcused = (call: Told) => undone && call.at >= undone.since && wasRecorded!(call);
  const promises = told.filter(({ method, status }) => method !== 'GET' && status < 300);
  const broken = promises.filter((call) => !isRecorded(call) && !isExcused(call));
  const names = broken.map((call) => describe(call, indexed));
  return finding(15, 'what a client got as 2xx is in the database', names);
}

function describe(call: Told, { requests, orders }: Indexed): string {
  const { sent, data, callId } = call;
  const recorded = requests.get(sent?.request_id) ?? orders.get(sent?.order_hash ?? data?.order_hash);
  return `${routeOf(call)} ${callId}: ${JSON.stringify({ sent, data, recorded })}`;
}

function routeOf({ method, status, path }: Told): string {
  const route = path.replace('/api/v1', '').replace(/^\/orders\/[^/]+\/cancel$/, '/orders/:id/cancel');
  return `${method} ${status} ${route}`;
}

function index({ events, orders, requests, fills, makers }: DatabaseRecord): Indexed {
  const byHash = new Map<string, OrderEvent[]>();
  for (const event of events) byHash.set(event.order_hash, [...(byHash.get(event.order_hash) ?? []), event]);
  return {
    events: byHash,
    orders: new Map(orders.map((order) => [order.order_hash, order])),
    requests: new Map(requests.map((request) => [request.id, request])),
    fills: new Map(fills.map((fill) => [fill.order_id, fill])),
    wallets: new Set(makers.map(({ wallet_address }) => wallet_address)),
  };
}

function eventsOfId({ events }: Indexed, orderId: string): OrderEvent[] | undefined {
  return [...events.values()].find(([first]) => first?.order_id === orderId);
}

const has = (events: OrderEvent[] | undefined, matches: (event: OrderEvent) => boolean): boolean =>
  events?.some(matches) ?? false;

/** For changes that only the very call can have made that was answered so. */
function madeBy(
  callId: string,
  events: OrderEvent[] | undefined,
  matches: (event: OrderEvent) => boolean,
): boolean {
  return has(events, (event) => callOf(event) === callId && matches(event));
}

/** The HTTP call that made a change, if one did. */
export function callOf({ actor }: OrderEvent): string | undefined {
  return 'http_request_id' in actor ? actor.http_request_id : undefined;
}

const causeOf = (metadata: object | undefined): unknown =>
  (metadata as { cause?: unknown } | undefined)?.cause;
