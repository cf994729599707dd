import { OrderWriter } from '#trading';
import { makeDue } from './database.js';
import { askedOrder, lockedOrder, succeeded } from './handshake.js';
import { operatorOf } from './operator.js';
import type { TestService } from './service.js';
import { until } from './until.js';

/** The order hashes of a run, by what became of each order. */
export type BusyRun = Record<
  | 'pending'
  | 'cancelled'
  | 'locked'
  | 'extended'
  | 'unlocked'
  | 'asked'
  | 'accepted'
  | 'refused'
  | 'late'
  | 'filled',
  string
>;

/** Orders in every outcome: of makers, takers, time and operators. */
export async function busyRun(service: TestService): Promise<BusyRun> {
  const run = await handshakes(service);
  await timeouts(service);
  await withoutRequest(service);
  await operatorSteps(service);
  return run;
}

async function handshakes(service: TestService): Promise<BusyRun> {
  const maker = await service.newMaker();
  const pending = await maker.place();
  const cancelled = await maker.place();
  succeeded(await maker.cancel(cancelled.id), 200);
  const locked = await lockedOrder(service);
  const extended = await lockedOrder(service);
  succeeded(await extended.taker.lock(extended.hash, { lock_duration: 7_200 }), 200);
  const unlocked = await lockedOrder(service);
  succeeded(await unlocked.taker.unlock(unlocked.hash), 200);

  const accepted = await askedOrder(service);
  succeeded(await accepted.taker.answer(accepted.hash, true), 200);
  const refused = await askedOrder(service);
  succeeded(await refused.taker.answer(refused.hash, false), 200);
  succeeded(await refused.maker.cancel(refused.id), 202);
  succeeded(await refused.taker.answer(refused.hash, false), 200);
  const late = await askedOrder(service);
  await pass(service, late.hash, 'request');
  succeeded(await late.taker.answer(late.hash, true), 200);
  const filled = await askedOrder(service);
  succeeded(await filled.taker.fill(filled.placed), 200);
  return {
    pending: pending.order_hash,
    cancelled: cancelled.order_hash,
    locked: locked.hash,
    extended: extended.hash,
    unlocked: unlocked.hash,
    asked: await pushedOrder(service),
    accepted: accepted.hash,
    refused: refused.hash,
    late: late.hash,
    filled: filled.hash,
  };
}

/** An order whose taker has been asked on its socket and has not answered. */
async function pushedOrder(service: TestService): Promise<string> {
  const order = await lockedOrder(service);
  const socket = await order.taker.socket();
  succeeded(await order.maker.cancel(order.id), 202);
  await until(async () => (await order.maker.order(order.id)).cancellation.pushed_at !== null, 'the push');
  await socket.close();
  return order.hash;
}

async function timeouts(service: TestService): Promise<void> {
  const askedAgain = await askedOrder(service);
  await pass(service, askedAgain.hash, 'request');
  succeeded(await askedAgain.maker.cancel(askedAgain.id), 202);
  const lockOver = await askedOrder(service);
  await pass(service, lockOver.hash, 'lock');
  const allOver = await askedOrder(service);
  for (const what of ['deadline', 'request', 'lock'] as const)
    await makeDue(service.dataSource, allOver.hash, what);
  await settle(service, allOver.hash);
  const { hash, taker } = await lockedOrder(service);
  await pass(service, hash, 'lock');
  succeeded(await taker.lock(hash), 200);
  await makeDue(service.dataSource, hash, 'deadline');
  succeeded(await taker.unlock(hash), 200);
  const unwanted = await (await service.newMaker()).place();
  await pass(service, unwanted.order_hash, 'deadline');
}

async function withoutRequest(service: TestService): Promise<void> {
  const inPart = await lockedOrder(service);
  succeeded(await inPart.taker.fill(inPart.placed, { fill_quantity: '1' }), 200);
  const rejected = await lockedOrder(service);
  succeeded(await rejected.taker.reject(rejected.hash), 200);
  const conceded = await askedOrder(service);
  succeeded(await conceded.taker.unlock(conceded.hash), 200);
  const rejectedInstead = await askedOrder(service);
  succeeded(await rejectedInstead.taker.reject(rejectedInstead.hash), 200);
}

async function operatorSteps(service: TestService): Promise<void> {
  const operator = operatorOf(service);
  const { order_hash } = await (await service.newMaker()).place();
  await operator.suspend(order_hash);
  await operator.resume(order_hash);
  const given = await askedOrder(service);
  await operator.suspend(given.hash);
  await operator.resume(given.hash);
  succeeded(await given.taker.answer(given.hash, true), 200);
  for (const due of [['lock'], ['lock', 'deadline'], ['request']] as const) {
    const frozen = await askedOrder(service);
    await operator.suspend(frozen.hash);
    for (const what of due) await makeDue(service.dataSource, frozen.hash, what);
    await operator.resume(frozen.hash);
  }
  const ended = await askedOrder(service);
  await operator.suspend(ended.hash);
  await operator.cancel(ended.hash);
  await operator.suspend((await askedOrder(service)).hash);
}

async function pass(service: TestService, hash: string, what: Parameters<typeof makeDue>[2]): Promise<void> {
  await makeDue(service.dataSource, hash, what);
  await settle(service, hash);
}

/** What the worker does, for one order. */
async function settle(service: TestService, hash: string): Promise<void> {
  await service.app.get(OrderWriter).settle({ order_hash: hash });
}
