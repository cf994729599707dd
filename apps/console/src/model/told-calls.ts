import type { HistoryEvent, Order, Question } from './types.js';

/** A call that somebody made, as far as the history tells it. */
export interface ToldCall {
  method: 'POST';
  path: string;
  body: unknown;
  by: 'maker' | 'taker';
  /** Fields that it had or may have had, of which nothing is known here. */
  untold: string[];
}

/** The same before it is known who made it. What is undefined in its body is not known. */
export interface Told {
  title: string;
  words?: string | undefined;
  path: string;
  body: Record<string, unknown>;
}

export type StatusChange = Extract<HistoryEvent, { type: 'order_status_change' }>;
type CallTeller = (event: StatusChange, order: Order) => Told;

export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value ? value : undefined;

interface ToldAnswer {
  verdict: boolean;
  words: string | null;
  requestId: string;
  takerAddress: string | undefined;
}

export const answerTo = (
  { order_hash }: Order,
  { verdict, words, requestId, takerAddress }: ToldAnswer,
): Told => ({
  title: `cancel-result: ${verdict ? 'yes' : 'no'}`,
  words: words ?? undefined,
  path: '/api/v1/orders/cancel-result',
  body: {
    order_hash,
    taker_address: takerAddress,
    cancellation_success: verdict,
    message: words ?? '',
    request_id: requestId,
  },
});
export const cancelOf = ({ id }: Order, reason: string | undefined): Told => ({
  title: 'cancel',
  words: reason,
  path: `/api/v1/orders/${id}/cancel`,
  body: { reason },
});
const lockOf = ({ data }: StatusChange, { order_hash }: Order): Told => ({
  title: 'lock',
  path: '/api/v1/orders/lock',
  body: { order_hash, taker_address: data.taker, lock_duration: undefined },
});

/** Which call led to a change, by what the change says of its cause. */
export const CALLS: Record<string, CallTeller> = {
  place: (_, order) => ({
    title: 'place',
    words: 'a signed order',
    path: '/api/v1/orders',
    body: { order: termsOf(order), signature: order.signature },
  }),
  lock: lockOf,
  extend: (event, order) => ({ ...lockOf(event, order), title: 'lock again', words: 'for longer' }),
  unlock: (_, { order_hash }) => ({ title: 'unlock', path: '/api/v1/orders/unlock', body: { order_hash } }),
  reject: ({ data }, { order_hash }) => {
    const reason = text(data.metadata.reason);
    return { title: 'reject', words: reason, path: '/api/v1/orders/reject', body: { order_hash, reason } };
  },
  fill: (_, order) => ({
    title: 'fill',
    words: `${order.filled_quantity} of ${order.quantity}`,
    path: '/api/v1/orders/fill',
    body: fillOf(order, tradeOf(order)),
  }),
  cancel: ({ data }, order) => cancelOf(order, text(data.metadata.reason)),
};

function termsOf(order: Order) {
  const { maker, principal, is_buy, ticker, exchange, asset } = order;
  const { price, quantity, incentive, deadline, nonce } = order;
  return { maker, principal, is_buy, ticker, exchange, asset, price, quantity, incentive, deadline, nonce };
}

/** The body of a fill: it repeats what the maker signed. */
export const fillOf = (order: Order, trade: object) => ({
  order: termsOf(order),
  signature: order.signature,
  ...trade,
});

/** What a taker has told of its trade; what it left out is null. */
function tradeOf({ filled_quantity, fills: [fill] }: Order): object {
  if (!fill) return { fill_quantity: filled_quantity, taker_incentive: undefined };
  const { fill_quantity, taker_incentive, tx_hash, block_number, reference_id } = fill;
  const told = { fill_quantity, taker_incentive, tx_hash, block_number, reference_id };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null));
}

export const answerIn = ({ status, message, request_id, taker_address }: Question): ToldAnswer => ({
  verdict: status === 'accepted',
  words: message,
  requestId: request_id,
  takerAddress: taker_address,
});
