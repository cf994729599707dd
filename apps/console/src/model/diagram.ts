import type { HistoryEvent, Order, Question } from './types.js';

export type Lane = 'maker' | 'service' | 'taker';

/** A call that somebody made, as far as the history tells it. */
export interface ToldCall {
  method: 'POST';
  path: string;
  body: unknown;
  by: 'maker' | 'taker';
}

/** One arrow of an order's sequence diagram; from a lane to itself: something that happened there. */
export interface Step {
  key: string;
  at: string;
  from: Lane;
  to: Lane;
  isPush: boolean;
  title: string;
  words?: string | undefined;
  /** As it was pushed. */
  frame?: HistoryEvent;
  call?: ToldCall;
}

interface Told {
  title: string;
  words?: string | undefined;
  call: Omit<ToldCall, 'method' | 'by'>;
}

type StatusChange = Extract<HistoryEvent, { type: 'order_status_change' }>;
type CallTeller = (event: StatusChange, order: Order) => Told;

const text = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined);
const answerTo = (order: Order, question: { verdict: boolean; words: string | null; id?: string }): Told => ({
  title: `cancel-result: ${question.verdict ? 'yes' : 'no'}`,
  words: question.words ?? undefined,
  call: {
    path: '/api/v1/orders/cancel-result',
    body: {
      order_hash: order.order_hash,
      taker_address: order.locked_by ?? '0x…',
      cancellation_success: question.verdict,
      message: question.words ?? '',
      ...(question.id && { request_id: question.id }),
    },
  },
});
const cancelOf = (order: Order, reason: string | undefined): Told => ({
  title: 'cancel',
  words: reason,
  call: { path: `/api/v1/orders/${order.id}/cancel`, body: reason ? { reason } : {} },
});

/** Which call led to a change, by what the change says of its cause. */
const CALLS: Record<string, CallTeller> = {
  place: (_, order) => ({
    title: 'place',
    words: 'a signed order',
    call: { path: '/api/v1/orders', body: { order: termsOf(order), signature: order.signature } },
  }),
  lock: ({ data }, { order_hash }) => ({
    title: 'lock',
    call: { path: '/api/v1/orders/lock', body: { order_hash, taker_address: data.taker } },
  }),
  extend: ({ data }, { order_hash }) => ({
    title: 'lock again',
    words: 'for longer',
    call: {
      path: '/api/v1/orders/lock',
      body: { order_hash, taker_address: data.taker, lock_duration: 3600 },
    },
  }),
  unlock: (_, { order_hash }) => ({
    title: 'unlock',
    call: { path: '/api/v1/orders/unlock', body: { order_hash } },
  }),
  reject: ({ data }, { order_hash, notes }) => {
    const reason = text(data.metadata.reason) ?? notes ?? undefined;
    return {
      title: 'reject',
      words: reason,
      call: { path: '/api/v1/orders/reject', body: { order_hash, reason } },
    };
  },
  fill: (_, order) => ({
    title: 'fill',
    words: `${order.filled_quantity} of ${order.quantity}`,
    call: { path: '/api/v1/orders/fill', body: fillOf(order, order.filled_quantity) },
  }),
  cancel: ({ data }, order) => cancelOf(order, text(data.metadata.reason)),
};

/** What time, the service and operators do: no call, but something that happened to the order. */
const HAPPENED: Record<string, string> = {
  lock_expiry: 'the lock ran out',
  deadline: 'the deadline passed',
  suspend: 'suspended',
  resume: 'resumed',
  operator_cancel: 'cancelled by the operator',
};

export function termsOf(order: Order) {
  const { maker, principal, is_buy, ticker, exchange, asset } = order;
  const { price, quantity, incentive, deadline, nonce } = order;
  return { maker, principal, is_buy, ticker, exchange, asset, price, quantity, incentive, deadline, nonce };
}

/** The body of a fill: it repeats what the maker signed. */
export function fillOf(order: Order, quantity: string) {
  return { order: termsOf(order), signature: order.signature, fill_quantity: quantity, taker_incentive: '0' };
}

/**
 * The diagram that an order really took, from its history as the one who watches may see it. A taker's history does not have its
 * own refusals and what timed out: these are in its list of requests.
 */
export function stepsOf(
  order: Order,
  history: HistoryEvent[],
  questions: Question[],
  watcher: 'maker' | 'taker',
): Step[] {
  const steps = history.flatMap((event) => [...causeOf(event, order, questions), pushOf(event, watcher)]);
  if (watcher === 'taker') steps.push(...silences(history, questions), ...refusals(questions, order));
  // what happened in the same millisecond stays in the order in which it was told
  return steps.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function pushOf(event: HistoryEvent, watcher: 'maker' | 'taker'): Step {
  const { id, timestamp: at, data } = event;
  const words =
    event.type === 'order_status_change'
      ? `${event.data.from_status ?? 'new'}\u00a0→\u00a0${event.data.to_status}`
      : event.type === 'cancellation_update'
        ? [event.data.status, event.data.late && 'late', event.data.message].filter(Boolean).join(', ')
        : (data as { reason: string }).reason;
  return {
    key: `${id}-push`,
    at,
    from: 'service',
    to: watcher,
    isPush: true,
    title: event.type,
    words,
    frame: event,
  };
}

/** The call or the event in the service that led to a push. */
function causeOf(event: HistoryEvent, order: Order, questions: Question[]): Step[] {
  const { id, timestamp: at } = event;
  const here = { key: `${id}-cause`, at, isPush: false };
  const called = (by: 'maker' | 'taker', { call, ...told }: Told): Step[] => [
    { ...here, ...told, from: by, to: 'service', call: { method: 'POST', by, ...call } },
  ];
  if (event.type === 'cancellation_request') return called('maker', cancelOf(order, event.data.reason));
  if (event.type === 'cancellation_update') {
    const { status, resolved_by, message, request_id } = event.data;
    if (status === 'requested') return called('maker', cancelOf(order, order.cancellation?.reason));
    if (status === 'timed_out') return [{ ...here, ...SILENCE }];
    if (resolved_by !== 'answer') return [];
    return called(
      'taker',
      answerTo(order, { verdict: status === 'accepted', words: message, id: request_id }),
    );
  }
  return causeOfChange(event, order, questions, here, called);
}

function causeOfChange(
  event: StatusChange,
  order: Order,
  questions: Question[],
  here: Pick<Step, 'key' | 'at' | 'isPush'>,
  called: (by: 'maker' | 'taker', told: Told) => Step[],
): Step[] {
  const { from_status, to_status, metadata } = event.data;
  const usual = from_status === null ? 'place' : to_status === 'locked' ? 'lock' : undefined;
  const cause = text(metadata.cause) ?? usual ?? '';
  if (cause === 'cancellation_accepted') {
    // a maker's history has the answer itself just before
    const question = questions.find(
      ({ status, resolved_by }) => status === 'accepted' && resolved_by === 'answer',
    );
    if (!question) return [];
    return called(
      'taker',
      answerTo(order, { verdict: true, words: question.message, id: question.request_id }),
    );
  }
  const happened = HAPPENED[cause];
  if (happened) return [{ ...here, ...inService(happened, text(metadata.reason)) }];
  const teller = CALLS[cause];
  if (!teller || (event.by !== 'maker' && event.by !== 'taker')) return [];
  return called(event.by, teller(event, order));
}

/** Where a taker's request timed out: it was asked again later, or is known to have. */
function silences(history: HistoryEvent[], questions: Question[]): Step[] {
  const asked = history.filter((event) => event.type === 'cancellation_request');
  return asked.flatMap(({ id, data: { metadata } }, index) => {
    const isLast = !asked
      .slice(index + 1)
      .some((later) => later.data.metadata.request_id === metadata.request_id);
    const question = questions.find(({ request_id }) => request_id === metadata.request_id);
    const isOver = question?.status === 'timed_out' || question?.late === true;
    if (isLast && !isOver) return [];
    return [{ key: `${id}-over`, at: metadata.expires_at, isPush: false, ...SILENCE }];
  });
}

/** The answers by which a taker went on trading. */
function refusals(questions: Question[], order: Order): Step[] {
  return questions.flatMap(({ request_id, status, resolved_by, answered_at, message }) => {
    if (status !== 'rejected' || resolved_by !== 'answer' || !answered_at) return [];
    const { call, ...told } = answerTo(order, { verdict: false, words: message, id: request_id });
    const made: ToldCall = { method: 'POST', by: 'taker', ...call };
    const key = `${request_id}-no`;
    return [
      { key, at: answered_at, from: 'taker', to: 'service', isPush: false, ...told, call: made } as const,
    ];
  });
}

function inService(title: string, words?: string): Pick<Step, 'from' | 'to' | 'title' | 'words'> {
  return { from: 'service', to: 'service', title, words };
}

const SILENCE = inService('no answer in time', 'the order stays locked');
