/**
 * Sections 3 and 6 of the contract over again, a function a call: told from the contract's tables alone, so that a
 * mistake of the service is not repeated here. Pure: each call gives its answer and the order after it.
 */

export type Taker = 'A' | 'B';
/** Taker A has two addresses. */
export const ADDRESSES = { A1: 'A', A2: 'A', B1: 'B' } as const satisfies Record<string, Taker>;
export type Address = keyof typeof ADDRESSES;

/** Whom the operator can shut out. */
export const ACCOUNTS = ['maker', 'A', 'B'] as const satisfies ('maker' | Taker)[];
export type Account = (typeof ACCOUNTS)[number];

/** Milliseconds since 1970. */
type Time = number;

export interface RequestModel {
  id: string;
  to: Address;
  status: 'requested' | 'timed_out' | 'accepted' | 'rejected';
  resolved_by: 'answer' | 'unlock' | 'reject' | 'fill' | 'lock_expiry' | null;
  late: boolean;
  message: string | null;
  expires: Time;
  /** Refused by an answer: until when the maker may not ask again under the lock, while that lives. */
  coolsUntil: Time | null;
}

export interface OrderModel {
  /** `unknown` while it is signed, but not placed. */
  status:
    | 'unknown'
    | 'pending'
    | 'locked'
    | 'suspended'
    | 'partially_filled'
    | 'filled'
    | 'cancelled'
    | 'expired'
    | 'rejected';
  quantity: number;
  deadline: Time;
  lock: { by: Address; since: Time; ends: Time } | null;
  /** Oldest first. */
  requests: RequestModel[];
  fill: { by: Taker; quantity: number; incentive: string } | null;
}

/** 2xx, or the error code that begins with the HTTP status; of the operator's steps, `done` or the error's name. */
type Answer = number | 'done' | 'ORDER_NOT_FOUND' | 'ORDER_FINAL' | 'ORDER_SUSPENDED' | 'INVALID_PARAMETER';
export type Outcome = [answer: Answer, order: OrderModel];

const isOpen = ({ status }: RequestModel) => status === 'requested' || status === 'timed_out';
const isFinal = ({ status }: OrderModel) =>
  ['partially_filled', 'filled', 'cancelled', 'expired', 'rejected'].includes(status);
export const openRequest = ({ requests }: OrderModel) => requests.find(isOpen);

/** "Wherever an order becomes cancelled, it becomes expired instead when its deadline has passed." */
function released(order: OrderModel, to: 'pending' | 'cancelled', at: Time): OrderModel {
  const requests = order.requests.map((each) => ({ ...each, coolsUntil: null }));
  return { ...order, requests, lock: null, status: order.deadline <= at ? 'expired' : to };
}

function withRequest(order: OrderModel, request: RequestModel, changes: Partial<RequestModel>): OrderModel {
  const requests = order.requests.map((each) => (each === request ? { ...each, ...changes } : each));
  return { ...order, requests };
}

function resolved(
  order: OrderModel,
  status: 'accepted' | 'rejected',
  resolved_by: RequestModel['resolved_by'],
): OrderModel {
  const request = openRequest(order);
  return request ? withRequest(order, request, { status, resolved_by }) : order;
}

/** The lock ends and nobody has traded: with an open request that is consent. */
function lockEnded(order: OrderModel, resolvedBy: 'unlock' | 'lock_expiry', at: Time): OrderModel {
  const to = openRequest(order) ? 'cancelled' : 'pending';
  return released(resolved(order, 'accepted', resolvedBy), to, at);
}

/** "Timers are never late": what time has made of an order. Nothing falls due on a suspended one. */
export function settled(order: OrderModel, now: Time): OrderModel {
  if (order.status === 'locked') {
    const { ends } = order.lock!;
    if (ends <= now) return settled(lockEnded(order, 'lock_expiry', ends), now);
    const request = openRequest(order);
    if (request?.status === 'requested' && request.expires <= now) {
      return withRequest(order, request, { status: 'timed_out' });
    }
  }
  if (order.status === 'pending' && order.deadline <= now) return { ...order, status: 'expired' };
  return order;
}

/** So long that nothing falls due by itself while a test plays, only what it lets pass. */
export const LONG_S = 3_600;
export const MODEL_SETTINGS = {
  CANCELLATION_TIMEOUT_SECONDS: String(LONG_S),
  CANCELLATION_COOLDOWN_SECONDS: String(LONG_S),
  LOCK_TTL_SECONDS: String(LONG_S),
};
/** LOCK_MAX_SECONDS, as it is by default. */
export const LOCK_MAX_S = 604_800;

export const isCooling = ({ requests }: OrderModel, now: Time) =>
  requests.some(({ coolsUntil }) => coolsUntil !== null && coolsUntil > now);

// The maker's calls

export function place(order: OrderModel): Outcome {
  return order.status === 'unknown' ? [201, { ...order, status: 'pending' }] : [409006, order];
}

/** @param asked what the service says of the request that it answers with; without its end, that is reckoned from now */
export function cancel(
  before: OrderModel,
  now: Time,
  { owner, asked }: { owner: boolean; asked?: { id: string; expires?: Time } },
): Outcome {
  const order = settled(before, now);
  if (order.status === 'unknown' || !owner) return [404001, order];
  if (order.status === 'suspended') return [409009, order];
  if (isFinal(order)) return [409005, order];
  if (order.status === 'pending') return [200, { ...order, status: 'cancelled' }];
  const request = openRequest(order);
  if (request?.status === 'requested') return [202, order];
  if (!request && isCooling(order, now)) return [429001, order];
  const expires = asked?.expires ?? now + LONG_S * 1000;
  if (request) return [202, withRequest(order, request, { status: 'requested', expires })];
  const none = { resolved_by: null, late: false, message: null, coolsUntil: null };
  const id = asked?.id ?? '';
  const fresh: RequestModel = { id, to: order.lock!.by, status: 'requested', ...none, expires };
  return [202, { ...order, requests: [...order.requests, fresh] }];
}

// The takers' calls

/** @param given what the service says of the lock that it answers with; else that is reckoned from now */
export function lock(
  before: OrderModel,
  now: Time,
  {
    key,
    address,
    seconds,
    given,
  }: { key: Taker; address: Address; seconds?: number; given?: { since: Time; ends: Time } },
): Outcome {
  if (ADDRESSES[address] !== key) return [403001, before];
  const order = settled(before, now);
  if (order.status === 'unknown') return [404001, order];
  if (order.status === 'suspended') return [409009, order];
  if (order.lock && order.lock.by !== address) return [409004, order];
  if (order.lock) {
    const wished = Math.min(now + (seconds ?? 0) * 1000, order.lock.since + LOCK_MAX_S * 1000);
    const ends = wished > order.lock.ends ? (given?.ends ?? wished) : order.lock.ends;
    return [200, { ...order, lock: { ...order.lock, ends } }];
  }
  if (order.status === 'expired') return [409008, order];
  if (isFinal(order)) return [409005, order];
  const fresh = given ?? { since: now, ends: now + (seconds ?? LONG_S) * 1000 };
  return [200, { ...order, status: 'locked', lock: { by: address, ...fresh } }];
}

/** What every call of a lock's holder meets first. */
function refusalOfHolder(order: OrderModel, key: Taker): number | undefined {
  if (order.status === 'unknown') return 404001;
  if (order.status === 'suspended') return 409009;
  if (!order.lock) return 409001;
  return ADDRESSES[order.lock.by] === key ? undefined : 403002;
}

export function unlock(before: OrderModel, now: Time, { key }: { key: Taker }): Outcome {
  const order = settled(before, now);
  const refusal = refusalOfHolder(order, key);
  return refusal ? [refusal, order] : [200, lockEnded(order, 'unlock', now)];
}

export function reject(before: OrderModel, now: Time, { key }: { key: Taker }): Outcome {
  const order = settled(before, now);
  const refusal = refusalOfHolder(order, key);
  if (refusal) return [refusal, order];
  return [200, { ...resolved(order, 'accepted', 'reject'), lock: null, status: 'rejected' }];
}

export function fill(
  before: OrderModel,
  now: Time,
  { key, quantity, incentive }: { key: Taker; quantity: number; incentive: string },
): Outcome {
  const order = settled(before, now);
  const done = order.fill;
  if (done?.by === key && done.quantity === quantity && done.incentive === incentive) return [200, order];
  if (order.status === 'expired') return [409008, order];
  const refusal = refusalOfHolder(order, key);
  if (refusal) return [refusal, order];
  if (order.deadline <= now) return [409008, order];
  if (quantity > order.quantity) return [409007, order];
  const status = quantity === order.quantity ? 'filled' : 'partially_filled';
  const trade = { by: key, quantity, incentive };
  return [200, { ...resolved(order, 'rejected', 'fill'), lock: null, status, fill: trade }];
}

/** "What an answer meets, checked in this order; the first row that fits decides." */
export function answer(
  before: OrderModel,
  now: Time,
  {
    key,
    address,
    verdict,
    message,
    requestId,
  }: { key: Taker; address: Address; verdict: boolean; message: string; requestId?: string },
): Outcome {
  if (ADDRESSES[address] !== key) return [403001, before];
  const order = settled(before, now);
  if (order.status === 'unknown') return [404001, order];
  if (order.status === 'suspended') return [409009, order];

  const toTaker = order.requests.filter(({ to }) => to === address);
  const request = requestId === undefined ? toTaker.at(-1) : toTaker.find(({ id }) => id === requestId);
  if (requestId !== undefined && !request) return [409002, order];
  if (request && isOpen(request)) {
    const status = verdict ? 'accepted' : 'rejected';
    const late = request.status === 'timed_out';
    const recorded = withRequest(order, request, {
      status,
      resolved_by: 'answer',
      late,
      message,
      coolsUntil: verdict ? null : now + LONG_S * 1000,
    });
    return [200, verdict ? released(recorded, 'cancelled', now) : recorded];
  }
  if (request) return [(request.status === 'accepted') === verdict ? 200 : 409003, order];
  if (order.lock?.by === address) return [409002, order];
  return [order.lock ? 403002 : 409001, order];
}

// The operator's steps

export function suspend(before: OrderModel, now: Time): Outcome {
  const order = settled(before, now);
  if (order.status === 'unknown') return ['ORDER_NOT_FOUND', order];
  if (order.status === 'suspended') return ['ORDER_SUSPENDED', order];
  if (isFinal(order)) return ['ORDER_FINAL', order];
  return ['done', { ...order, status: 'suspended' }];
}

function refusalUnlessSuspended(
  order: OrderModel,
): 'ORDER_NOT_FOUND' | 'ORDER_FINAL' | 'INVALID_PARAMETER' | undefined {
  if (order.status === 'unknown') return 'ORDER_NOT_FOUND';
  if (isFinal(order)) return 'ORDER_FINAL';
  return order.status === 'suspended' ? undefined : 'INVALID_PARAMETER';
}

/** Back to the taker while the lock lives; otherwise "what a lock that ran out would have made it". */
export function resume(before: OrderModel, now: Time): Outcome {
  const order = settled(before, now);
  const refusal = refusalUnlessSuspended(order);
  if (refusal) return [refusal, order];
  return ['done', settled({ ...order, status: order.lock ? 'locked' : 'pending' }, now)];
}

export function operatorCancel(before: OrderModel, now: Time): Outcome {
  const order = settled(before, now);
  const refusal = refusalUnlessSuspended(order);
  if (refusal) return [refusal, order];
  return ['done', { ...resolved(order, 'accepted', 'lock_expiry'), lock: null, status: 'cancelled' }];
}

/** What only an active account may do meets this first; all else of a suspended one goes on as ever. */
export const accountSuspended = (order: OrderModel): Outcome => [403004, order];

export function suspendAccount(suspended: Account[], account: Account): [Answer, Account[]] {
  return ['done', [...suspended.filter((each) => each !== account), account]];
}

export function resumeAccount(suspended: Account[], account: Account): [Answer, Account[]] {
  const others = suspended.filter((each) => each !== account);
  return [others.length < suspended.length ? 'done' : 'INVALID_PARAMETER', others];
}
