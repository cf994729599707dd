import { setTimeout as delay } from 'node:timers/promises';
import { LockstepError, type OrderView, termsOf } from '#client';
import { settled } from './ledger.js';
import type { Intention, MakerDesk, TakerDesk } from './participants.js';

/** Locks that nobody ends, ended by a lost call that was done much later, run out by themselves. */
const LOCK_S = 8;
const SHORT_LOCK_S = 1;
const LONG_LOCK_S = 120;
/** As long as it may be, and six bytes a character in JSON. */
const LONG_REASON = '\u0001'.repeat(1000);
const LATE_BY_MS = 200;
const PULSE_MS = 100;

/** Who takes part in an order's life. */
export interface Cast {
  maker: MakerDesk;
  taker: TakerDesk;
  /** Somebody who has no business with it. */
  otherTaker: TakerDesk;
  otherMaker: MakerDesk;
}

/** One order, from its placing to its end, by one of the ways that there are. */
export type Way = (cast: Cast) => Promise<void>;

const accepted: Way = async (cast) => {
  const order = await placeAndLock(cast);
  await cancelUntilFinal(cast, order);
};

const refusedThenFilled: Way = async (cast) => {
  const order = await placeAndLock(cast, { cancel: false });
  await ask(cast, order);
  await fill(cast, order, order.quantity);
  await cancelUntilFinal(cast, order);
};

const answeredLate: Way = async (cast) => {
  const order = await placeAndLock(cast, { cancel: true, lateByMs: LATE_BY_MS });
  await cancelUntilFinal(cast, order);
};

/** The taker keeps silent until its lock is over. */
const lockRunsOut: Way = async (cast) => {
  const order = await placeAndLock(cast, { cancel: true, lateByMs: LATE_BY_MS }, SHORT_LOCK_S);
  await cancelUntilFinal(cast, order);
};

const filledMeanwhile: Way = async (cast) => {
  const order = await placeAndLock(cast);
  await Promise.all([ask(cast, order), fill(cast, order, '40')]);
  await cancelUntilFinal(cast, order);
};

const unlockedMeanwhile: Way = async (cast) => {
  const order = await placeAndLock(cast, { cancel: false });
  const { order_hash } = order;
  await Promise.all([ask(cast, order), settled(() => cast.taker.taker.unlock({ order_hash }))]);
  await cancelUntilFinal(cast, order);
};

const rejectedMeanwhile: Way = async (cast) => {
  const order = await placeAndLock(cast);
  const body = { order_hash: order.order_hash, reason: 'The instrument is halted' };
  await Promise.all([ask(cast, order), settled(() => cast.taker.taker.reject(body))]);
  await cancelUntilFinal(cast, order);
};

/** Calls that are refused, whatever else happens; and a pending order, cancelled at once. */
const meddled: Way = async (cast) => {
  const order = await placeAndLock(cast, { cancel: false });
  const { order_hash } = order;
  const { maker, otherTaker, otherMaker } = cast;
  await ask(cast, order);
  const meddling: (() => Promise<unknown>)[] = [
    () => otherTaker.taker.lock({ order_hash, lock_duration: LOCK_S }),
    () => otherTaker.taker.unlock({ order_hash }),
    () => otherTaker.taker.answerCancellation({ order_hash, cancellation_success: true, message: 'mine' }),
    () => otherMaker.maker.cancel(order_hash),
  ];
  await Promise.all([...meddling.map((call) => settled(call)), fill(cast, order, '101')]);
  const pending = await place(maker);
  await settled(() => maker.maker.cancel(pending.id));
  await cancelUntilFinal(cast, order);
};

/** In turn, so that a few handshakes show all of them. */
export const WAYS: readonly Way[] = [
  accepted,
  refusedThenFilled,
  filledMeanwhile,
  unlockedMeanwhile,
  answeredLate,
  rejectedMeanwhile,
  meddled,
  accepted,
  lockRunsOut,
];

/** Places an order; when the answer was lost, it is there all the same, or was undone since and is placed anew. */
export async function place(desk: MakerDesk): Promise<OrderView> {
  const terms = desk.draft();
  const ways = [
    () => desk.maker.place(terms),
    () => desk.maker.order(desk.maker.hash(terms)),
    () => desk.maker.place(terms),
  ];
  let refusal: LockstepError | undefined;
  for (const way of ways) {
    const answer = await settled(way);
    if (!(answer instanceof LockstepError)) return answer;
    refusal = answer;
  }
  throw refusal!;
}

async function placeAndLock(
  { maker, taker }: Cast,
  intention?: Intention,
  lock_duration = LOCK_S,
): Promise<OrderView> {
  const order = await place(maker);
  const { order_hash } = order;
  if (intention) taker.intentions.set(order_hash, intention);
  await settled(() => taker.taker.lock({ order_hash, lock_duration }));
  return order;
}

/** Asks to cancel; hears the verdict, if there is one to wait for, or else the time-out. */
async function ask({ maker, taker }: Cast, order: OrderView, reason?: string): Promise<'over' | 'asked'> {
  const { resyncs } = maker;
  const answer = await settled(() => maker.maker.cancel(order.id, reason ? { reason } : undefined));
  if (answer instanceof LockstepError || !('cancellation' in answer)) return 'over';
  const isLate = taker.intentions.get(order.order_hash)?.lateByMs !== undefined;
  await maker.hearEnd(answer.cancellation.request_id, isLate, resyncs);
  return 'asked';
}

/** An order whose maker asks, at length, until it is enough; its taker refuses each time. */
export async function askAgainAndAgain(cast: Cast, isEnough: () => boolean): Promise<void> {
  const order = await placeAndLock(cast, { cancel: false }, LONG_LOCK_S);
  while (!isEnough()) await ask(cast, order, LONG_REASON);
  await cancelUntilFinal(cast, order);
}

/** An order that is locked and unlocked, whether or not anything is heard of it: there are always calls under way. */
export async function lockAndUnlock(cast: Cast, isEnough: () => boolean): Promise<void> {
  const order = await place(cast.maker);
  const { order_hash } = order;
  while (!isEnough()) {
    await settled(() => cast.taker.taker.lock({ order_hash, lock_duration: LOCK_S }));
    await delay(PULSE_MS);
    await settled(() => cast.taker.taker.unlock({ order_hash }));
    await delay(PULSE_MS);
  }
  await cancelUntilFinal(cast, order);
}

/** An order whose taker has been asked, and gives its verdict when it is time. */
export async function askedOrder(
  cast: Cast,
  time: Promise<void>,
): Promise<{ hash: string; end: () => Promise<void> }> {
  const order = await placeAndLock(cast, { cancel: true, notBefore: time }, LONG_LOCK_S);
  await settled(() => cast.maker.maker.cancel(order.id));
  return { hash: order.order_hash, end: () => cancelUntilFinal(cast, order) };
}

/** Whatever happened before: the order ends. */
async function cancelUntilFinal(cast: Cast, order: OrderView): Promise<void> {
  const { intentions } = cast.taker;
  if (intentions.get(order.order_hash)?.cancel === false) intentions.delete(order.order_hash);
  while ((await ask(cast, order)) === 'asked');
}

function fill({ taker }: Cast, order: OrderView, fill_quantity: string): Promise<unknown> {
  const { signature } = order;
  return settled(() =>
    taker.taker.fill({ order: termsOf(order), signature, fill_quantity, taker_incentive: '0' }),
  );
}
