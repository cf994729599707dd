import type { CancellationRequest, Fill, Order } from '#trading';
import { type Address, ADDRESSES, type OrderModel, type RequestModel, type Taker } from '../order-model.js';

/** All that is kept of one order; its requests oldest first. */
export interface Rows {
  order: Order;
  requests: readonly CancellationRequest[];
  fill: Fill | null;
}

/** When every sequence begins, a whole second. */
export const BEGINNING = Date.UTC(2026, 0, 17);
/** After an ordinary lock of that moment ends, and before a long one does. */
const VALID_S = 5_400;

export const TERMS = {
  maker: '0x00000000000000000000000000000000000000aa',
  principal: '0x00000000000000000000000000000000000000aa',
  is_buy: true,
  ticker: 'ACME',
  exchange: 0,
  asset: '0x00000000000000000000000000000000000000cc',
  price: '1000000000000000000',
  quantity: '100',
  incentive: '10',
  deadline: BEGINNING / 1000 + VALID_S,
  nonce: 0,
};
/** A contract wallet's: of no length that a key's signature has. */
export const SIGNATURE = '0x01';

/** The order as its maker has placed it. */
export function placed(): Rows {
  const at = new Date(BEGINNING);
  const order: Order = {
    ...TERMS,
    id: 'the order',
    order_hash: 'its hash',
    signature: SIGNATURE,
    status: 'pending',
    filled_quantity: '0',
    version: 1,
    lock_id: null,
    locked_by: null,
    locked_taker_id: null,
    locked_at: null,
    lock_expires_at: null,
    notes: null,
    created_at: at,
    updated_at: at,
  };
  return { order, requests: [], fill: null };
}

/** The rows in the model's words, as far as rows tell: a cool-down stands in none. */
export function told({ order, requests, fill }: Rows): OrderModel {
  const { lock_id, locked_by, locked_at, lock_expires_at } = order;
  return {
    status: order.status,
    quantity: Number(order.quantity),
    deadline: order.deadline * 1000,
    lock:
      lock_id === null
        ? null
        : { by: locked_by as Address, since: locked_at!.getTime(), ends: lock_expires_at!.getTime() },
    requests: requests.map(toldOfRequest),
    fill: fill && {
      by: fill.taker_id as Taker,
      quantity: Number(fill.fill_quantity),
      incentive: fill.taker_incentive,
    },
  };
}

function toldOfRequest(request: CancellationRequest): RequestModel {
  const { id, status, resolved_by, late, message, expires_at } = request;
  const to = request.taker_address as Address;
  return { id, to, status, resolved_by, late, message, expires: expires_at.getTime(), coolsUntil: null };
}

/** An order in words that are the same for the same order, without what no row tells. */
export function wordsOf({ status, quantity, deadline, lock, requests, fill }: OrderModel): string {
  return JSON.stringify({
    status,
    quantity,
    deadline,
    lock: lock && [lock.by, lock.since, lock.ends],
    requests: requests.map((each) => [
      each.id,
      each.to,
      each.status,
      each.resolved_by,
      each.late,
      each.message,
      each.expires,
    ]),
    fill: fill && [fill.by, fill.quantity, fill.incentive],
  });
}

/**
 * What is the same for two states from which all goes on alike: ids by their place, times from now on. Left out is what is
 * only ever written, such as versions and notes, and of a lock or a request that is over what no rule asks for.
 */
export function keyOf({ order, requests, fill }: Rows, model: OrderModel, now: number): string {
  const since = (time: Date | null) => time!.getTime() - now;
  const locks = [...new Set(requests.map(({ lock_id }) => lock_id))];
  const { lock_id } = order;
  return JSON.stringify([
    order.status,
    order.deadline - now / 1000,
    lock_id && [
      locks.indexOf(lock_id),
      order.locked_by,
      order.locked_taker_id,
      since(order.locked_at),
      since(order.lock_expires_at),
    ],
    requests.map((request, index) => [
      locks.indexOf(request.lock_id),
      request.taker_address,
      request.status,
      request.resolved_by,
      request.late,
      request.message,
      request.resolved_by === null ? since(request.expires_at) : 0,
      request.lock_id === lock_id && request.status === 'rejected' ? since(request.resolved_at) : 0,
      (model.requests[index]!.coolsUntil ?? now) - now,
    ]),
    fill && [fill.taker_id, fill.fill_quantity, fill.taker_incentive],
  ]);
}

export const TAKERS: Record<Taker, { takerId: Taker; keyId: string; addresses: Address[]; callId: string }> =
  {
    A: takerOf('A'),
    B: takerOf('B'),
  };

function takerOf(takerId: Taker) {
  const addresses = (Object.keys(ADDRESSES) as Address[]).filter((each) => ADDRESSES[each] === takerId);
  return { takerId, keyId: `the key of ${takerId}`, addresses, callId: 'a call' };
}
