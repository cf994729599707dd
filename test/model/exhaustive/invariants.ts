import type { NewOrderEvent } from '#events';
import type { CancellationRequest } from '#trading';
import type { Rows } from './rows.js';
import type { Commit } from './world-in-memory.js';

/**
 * The invariants of `verify` again, by its numbers, as rules of one commit: what each commit of each sequence keeps, every
 * history keeps. Of 12, 13 and 14 a commit of one order tells nothing. Those without a number are the tables' own CHECKs.
 */
type Invariant = [sentence: string, holds: (commit: Commit) => boolean];

const FINAL = new Set<string>(['partially_filled', 'filled', 'cancelled', 'expired', 'rejected']);

/** The contract's table of transitions, with who may cause each. */
const ALLOWED: Record<string, string[]> = {
  'pending locked': ['taker'],
  'pending cancelled': ['maker'],
  'pending expired': ['timer'],
  'locked locked': ['taker'],
  'locked pending': ['taker', 'timer'],
  'locked cancelled': ['taker', 'timer'],
  'locked expired': ['taker', 'timer'],
  'locked partially_filled': ['taker'],
  'locked filled': ['taker'],
  'locked rejected': ['taker'],
  'pending suspended': ['operator'],
  'locked suspended': ['operator'],
  'suspended locked': ['operator'],
  'suspended pending': ['operator'],
  'suspended cancelled': ['operator'],
};

const isOpen = ({ status }: CancellationRequest) => status === 'requested' || status === 'timed_out';
const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
const transitionsOf = ({ events }: Commit) => events.filter(({ to_status }) => to_status !== null);
const metadataOf = ({ payload }: NewOrderEvent) => payload.metadata as Record<string, unknown>;
const isEnd = ({ payload }: NewOrderEvent) => ['accepted', 'rejected'].includes(payload.status as string);
/** The requests that end with a commit. */
const endedBy = ({ before, after }: Commit) =>
  after.requests.filter(
    ({ id, status }) =>
      (status === 'accepted' || status === 'rejected') &&
      before.requests.some((request) => request.id === id && isOpen(request)),
  );

const INVARIANTS: readonly Invariant[] = [
  ['1: final orders never change', ({ before: { order } }) => !FINAL.has(order.status)],
  [
    "2: versions of an order's events are dense and the last equals the order",
    ({ before: { order }, after, readVersion, events }) =>
      readVersion === order.version &&
      events.every(({ version }, index) => version === order.version + index + 1) &&
      after.order.version === order.version + events.length,
  ],
  ['3: every transition is allowed', transitionsAreAllowed],
  [
    '4: 0 ≤ sum of fills ≤ quantity, and equals filled_quantity',
    ({ after: { order, fill } }) =>
      order.filled_quantity === (fill?.fill_quantity ?? '0') &&
      Number(order.filled_quantity) <= Number(order.quantity),
  ],
  [
    '5: nothing is filled and cancelled',
    ({ after: { order, fill, requests } }) =>
      !fill || (order.status !== 'cancelled' && requests.every(({ status }) => status !== 'accepted')),
  ],
  ['6: at most one live lock an order', locksFollow],
  ['7: fill, unlock, reject, answer only by the holder at that moment', isByHolder],
  [
    '8: each recorded answer has exactly one event, and each accepted one exactly one transition',
    (commit) => endedBy(commit).every((request) => endIsTold(request, commit)),
  ],
  [
    '9: each transition and its event are of one moment',
    (commit) => {
      const {
        before: { fill: filled },
        after: { order, fill },
      } = commit;
      const times = [
        order.updated_at,
        ...commit.events.map(({ created_at }) => created_at),
        ...endedBy(commit).map(({ resolved_at }) => resolved_at),
        ...(fill && !filled ? [fill.created_at] : []),
      ];
      return times.every((time) => time?.getTime() === commit.now.getTime());
    },
  ],
  ['10: at most one open request an order', ({ after }) => after.requests.filter(isOpen).length <= 1],
  ['11: each request ended once', requestsEndOnce],
  ['a lock is whole and fits the status', ({ after }) => lockFits(after)],
  ['a request is whole', ({ after }) => after.requests.every(isWhole)],
  ['a fill fits the status', ({ after }) => fillFits(after)],
];

/** What a commit breaks. */
export function brokenBy(commit: Commit): string[] {
  return INVARIANTS.flatMap(([sentence, holds]) => (holds(commit) ? [] : sentence));
}

function transitionsAreAllowed(commit: Commit): boolean {
  let { status } = commit.before.order;
  for (const { from_status, to_status, actor } of transitionsOf(commit)) {
    if (from_status !== status || !ALLOWED[`${from_status} ${to_status}`]?.includes(actor.kind)) return false;
    status = to_status as typeof status;
  }
  return status === commit.after.order.status;
}

/** A held order leaves its lock, or is suspended and resumed with it, before it can get another; a lock is only ever extended. */
function locksFollow(commit: Commit): boolean {
  const { before: old, after } = commit;
  let held = old.order.lock_id;
  for (const event of transitionsOf(commit)) {
    const { from_status, to_status } = event;
    const { lock_id = null } = metadataOf(event) as { lock_id?: string | null };
    const isTaken = from_status === 'pending' && to_status === 'locked';
    if (isTaken && (!lock_id || old.requests.some((request) => request.lock_id === lock_id))) return false;
    if (from_status !== 'pending' && lock_id !== held) return false;
    held = to_status === 'locked' || to_status === 'suspended' ? lock_id : null;
    const isExtended = from_status === 'locked' && to_status === 'locked';
    if (isExtended && after.order.lock_expires_at! <= old.order.lock_expires_at!) return false;
  }
  return after.order.lock_id === held;
}

function isByHolder({ before: { order, fill: filled }, after: { fill }, events, now }: Commit): boolean {
  if (fill && !filled && (fill.taker_id !== order.locked_taker_id || fill.taker_address !== order.locked_by))
    return false;
  return events.every(({ actor, from_status, taker_id }) => {
    if (actor.kind !== 'taker') return true;
    if (from_status === 'pending') return actor.taker_id === taker_id;
    return (
      order.status === 'locked' && actor.taker_id === order.locked_taker_id && now < order.lock_expires_at!
    );
  });
}

function endIsTold(
  { id, status, resolved_by, late, message }: CancellationRequest,
  { events }: Commit,
): boolean {
  const ends = events.filter((event) => event.request_id === id && isEnd(event));
  if (ends.length !== 1 || !isSame(ends[0]!.payload, { status, resolved_by, late, message })) return false;
  if (status === 'rejected') return true;
  const next = events[events.indexOf(ends[0]!) + 1];
  if (next?.to_status === 'rejected') return resolved_by === 'reject';
  if (next?.to_status === 'pending') return next.from_status === 'suspended';
  return next?.to_status === 'cancelled' || next?.to_status === 'expired';
}

/** Nothing of a request comes after its end, and none outlives the lock it was made under. */
function requestsEndOnce({ before: old, after, events }: Commit): boolean {
  const ended = old.requests.filter((request) => !isOpen(request));
  const stay = ended.every((request) =>
    isSame(
      request,
      after.requests.find(({ id }) => id === request.id),
    ),
  );
  const untold = ended.every(({ id }) => events.every(({ request_id }) => request_id !== id));
  return (
    stay && untold && after.requests.every((each) => !isOpen(each) || each.lock_id === after.order.lock_id)
  );
}

function lockFits({ order }: Rows): boolean {
  const { status, lock_id, locked_by, locked_taker_id, locked_at, lock_expires_at } = order;
  const holder = [locked_by, locked_taker_id, locked_at].filter((value) => value !== null).length;
  if ((lock_id === null) !== (lock_expires_at === null) || (holder !== 0 && holder !== 3)) return false;
  if (lock_id !== null && (holder === 0 || lock_expires_at! <= locked_at!)) return false;
  return status === 'suspended' || (status === 'locked') === (lock_id !== null);
}

function isWhole(request: CancellationRequest): boolean {
  const { resolved_by, resolved_at, message, late, requested_at, expires_at } = request;
  const isEnded = !isOpen(request);
  return (
    isEnded === (resolved_by !== null) &&
    isEnded === (resolved_at !== null) &&
    (message !== null) === (resolved_by === 'answer') &&
    (!late || resolved_by === 'answer') &&
    expires_at > requested_at
  );
}

function fillFits({ order: { status, quantity, filled_quantity } }: Rows): boolean {
  const [whole, filled] = [Number(quantity), Number(filled_quantity)];
  if (status === 'filled') return filled === whole;
  return status === 'partially_filled' ? filled > 0 && filled < whole : filled === 0;
}
