import {
  answerIn,
  answerTo,
  CALLS,
  cancelOf,
  type StatusChange,
  text,
  type Told,
  type ToldCall,
} from './told-calls.js';
import type { HistoryEvent, Order, Question } from './types.js';

export type Lane = 'maker' | 'service' | 'taker';

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

/** What time, the service and operators do: no call, but something that happened to the order. */
const HAPPENED: Record<string, string> = {
  lock_expiry: 'the lock ran out',
  deadline: 'the deadline passed',
  suspend: 'suspended',
  resume: 'resumed',
  operator_cancel: 'cancelled by the operator',
};

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
  const steps = history.flatMap((event, index) => [
    ...causeOf(event, { order, questions, earlier: history.slice(0, index) }),
    pushOf(event, watcher),
  ]);
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

/** What else is known of an order when an event is told. */
interface Known {
  order: Order;
  questions: Question[];
  earlier: HistoryEvent[];
}

/** The call or the event in the service that led to a push. */
function causeOf(event: HistoryEvent, known: Known): Step[] {
  const { id, timestamp: at } = event;
  const here = { key: `${id}-cause`, at, isPush: false };
  if (event.type === 'order_status_change') return causeOfChange(event, known, here);
  if (event.type === 'cancellation_request' || event.data.status === 'requested')
    return [callStep(here, 'maker', cancelOf(known.order, reasonOf(event, known)))];
  const { status, resolved_by, message, request_id } = event.data;
  if (status === 'timed_out') return [{ ...here, ...SILENCE }];
  if (resolved_by !== 'answer') return [];
  const answer = {
    verdict: status === 'accepted',
    words: message,
    requestId: request_id,
    takerAddress: holderIn(known.earlier),
  };
  return [callStep(here, 'taker', answerTo(known.order, answer))];
}

type Here = Pick<Step, 'key' | 'at' | 'isPush'>;

function callStep(here: Here, by: 'maker' | 'taker', { title, words, path, body }: Told): Step {
  const untold = Object.keys(body).filter((field) => body[field] === undefined);
  return { ...here, title, words, from: by, to: 'service', call: { method: 'POST', path, body, by, untold } };
}

/** With which reason a maker has asked. Asked once more, a request keeps its own, whatever was given then. */
function reasonOf(
  event: Extract<HistoryEvent, { type: `cancellation_${string}` }>,
  { order, earlier }: Known,
): string | undefined {
  const requestId = requestOf(event);
  if (earlier.some((other) => requestOf(other) === requestId)) return undefined;
  if (event.type === 'cancellation_request') return event.data.reason;
  const { cancellation } = order;
  return cancellation?.request_id === requestId ? cancellation?.reason : undefined;
}

function requestOf(event: HistoryEvent): string | undefined {
  if (event.type === 'order_status_change') return undefined;
  return event.type === 'cancellation_request' ? event.data.metadata.request_id : event.data.request_id;
}

/** Who has locked the order last. */
function holderIn(history: HistoryEvent[]): string | undefined {
  const lock = history.findLast(
    (event) => event.type === 'order_status_change' && event.data.to_status === 'locked',
  );
  return (lock?.type === 'order_status_change' && lock.data.taker) || undefined;
}

function causeOfChange(event: StatusChange, { order, questions }: Known, here: Here): Step[] {
  const { from_status, to_status, metadata } = event.data;
  const usual = from_status === null ? 'place' : to_status === 'locked' ? 'lock' : undefined;
  const cause = text(metadata.cause) ?? usual ?? '';
  if (cause === 'cancellation_accepted') {
    // a maker's history has the answer itself just before
    const question = questions.find(
      ({ status, resolved_by }) => status === 'accepted' && resolved_by === 'answer',
    );
    return question ? [callStep(here, 'taker', answerTo(order, answerIn(question)))] : [];
  }
  const happened = HAPPENED[cause];
  if (happened) return [{ ...here, ...inService(happened, text(metadata.reason)) }];
  const teller = CALLS[cause];
  if (!teller || (event.by !== 'maker' && event.by !== 'taker')) return [];
  return [callStep(here, event.by, teller(event, order))];
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
  return questions.flatMap((question) => {
    const { request_id, status, resolved_by, answered_at: at } = question;
    if (status !== 'rejected' || resolved_by !== 'answer' || !at) return [];
    const here = { key: `${request_id}-no`, at, isPush: false };
    return [callStep(here, 'taker', answerTo(order, answerIn(question)))];
  });
}

function inService(title: string, words?: string): Pick<Step, 'from' | 'to' | 'title' | 'words'> {
  return { from: 'service', to: 'service', title, words };
}

const SILENCE = inService('no answer in time', 'the order stays locked');
