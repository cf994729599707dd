import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import fc from 'fast-check';
import type { OrderTime } from '../support/database.js';
import * as model from './order-model.js';
import type { Account, Address, OrderModel, Taker } from './order-model.js';
import { AccountStep, type Move, Step } from './step.js';
import { done, heard, passed } from './world.js';

const key = fc.constantFrom<Taker>('A', 'A', 'B');
/** Mostly an address of the key's own. */
const keyWithAddress = fc.constantFrom<[Taker, Address]>(
  ['A', 'A1'],
  ['A', 'A1'],
  ['A', 'A2'],
  ['B', 'B1'],
  ['B', 'A1'],
);

const place: Move = {
  words: 'placed',
  activeOnly: 'maker',
  call: (world, signed) => world.place(signed),
  rule: (before) => model.place(before),
};

const cancel = (owner: boolean): Move => ({
  words: `cancel by ${owner ? 'its maker' : 'another maker'}`,
  call: (world, { hash }) => heard((owner ? world.owner : world.stranger).cancel(hash)),
  rule: (before, now, data) => {
    const { request_id, expires_at } = data?.cancellation ?? {};
    const asked = request_id && { id: request_id, expires: Date.parse(expires_at) };
    const outcome = model.cancel(before, now, { owner, asked });
    if (asked) expect(model.openRequest(outcome[1])).toMatchObject(asked);
    return outcome;
  },
});

/** In seconds: shorter than a lock is by default, longer, and the longest. */
const duration = fc.constantFrom(undefined, undefined, undefined, 60, 7_200, model.LOCK_MAX_S);
/** Of an end that is reckoned from when the call was made. */
const CALL_MS = 30_000;

const lock = ([taker, address]: [Taker, Address], seconds?: number): Move => ({
  words: `lock by ${taker} with ${address}${seconds === undefined ? '' : ` for ${seconds} s`}`,
  activeOnly: taker,
  call: (world, { hash }) =>
    heard(world.takers[taker].lock(hash, { taker_address: world.address(address), lock_duration: seconds })),
  rule: (before, now, data) => {
    const given = data && { since: Date.parse(data.locked_at), ends: Date.parse(data.expires_at) };
    const outcome = model.lock(before, now, { key: taker, address, seconds, given });
    const [, { lock: after }] = outcome;
    if (given) {
      expect(after).toEqual({ by: address, ...given });
      const isNew = given.ends !== before.lock?.ends;
      const wished = Math.min(now + (seconds ?? 3_600) * 1000, given.since + model.LOCK_MAX_S * 1000);
      if (isNew) expect(Math.abs(given.ends - wished)).toBeLessThan(CALL_MS);
    }
    return outcome;
  },
});

const unlock = (taker: Taker): Move => ({
  words: `unlock by ${taker}`,
  call: (world, { hash }) => heard(world.takers[taker].unlock(hash)),
  rule: (before, now) => model.unlock(before, now, { key: taker }),
});

const reject = (taker: Taker): Move => ({
  words: `reject by ${taker}`,
  call: (world, { hash }) => heard(world.takers[taker].reject(hash)),
  rule: (before, now) => model.reject(before, now, { key: taker }),
});

/** Of 100. */
const quantity = fc.constantFrom(100, 40, 101);
const incentive = fc.constantFrom('0', '0', '7');
const fill = ([taker, units, asked]: [Taker, number, string]): Move => ({
  words: `fill of ${units} by ${taker} for ${asked}`,
  call: (world, { placed }) =>
    heard(world.takers[taker].fill(placed, { fill_quantity: String(units), taker_incentive: asked })),
  rule: (before, now) => model.fill(before, now, { key: taker, quantity: units, incentive: asked }),
});

const message = fc.constantFrom('one word', 'another word');
/** As which request an answer names: mostly none, or the right one. */
const named = fc.constantFrom(
  'no',
  'no',
  'the last',
  'the last',
  'the first',
  "another order's",
  'an unknown',
);

function requestId(name: string, before: OrderModel, all: OrderModel[]): string | undefined {
  const requests =
    name === "another order's" ? all.find((order) => order !== before)!.requests : before.requests;
  switch (name) {
    case 'no':
      return undefined;
    case 'the last':
      return requests.at(-1)?.id ?? randomUUID();
    case 'an unknown':
      return randomUUID();
    default:
      return requests[0]?.id ?? randomUUID();
  }
}

type Words = [[Taker, Address], verdict: boolean, text: string, name: string];
const answer = ([[taker, address], verdict, text, name]: Words): Move => ({
  words: `${verdict} ("${text}") by ${taker} with ${address} to ${name} request`,
  call: async (world, { hash }, before, all) => {
    const request_id = requestId(name, before, all);
    const fields = { taker_address: world.address(address), request_id, message: text };
    const answered = await heard(world.takers[taker].answer(hash, verdict, fields));
    return { ...answered, data: request_id };
  },
  rule: (before, now, request_id) =>
    model.answer(before, now, { key: taker, address, verdict, message: text, requestId: request_id }),
});

/** By so much that any time can have been before any other. */
const millisecondsAgo = fc.integer({ min: 1, max: 5_000 });
const pass =
  (what: OrderTime) =>
  (ago: number): Move => ({
    words: `the time of its ${what} passed ${ago} ms ago`,
    call: (world, signed) => world.passTime(signed, what, ago),
    rule: (before, _, time) => ['done', passed(before, what, time)],
  });

const settle: Move = {
  words: 'the worker comes by',
  call: (world, signed) => world.settle(signed),
  rule: (before, now) => ['done', model.settled(before, now)],
};

const OPERATOR_RULES = { suspend: model.suspend, resume: model.resume, cancel: model.operatorCancel };
const operate = (step: keyof typeof OPERATOR_RULES): Move => ({
  words: `${step} by the operator`,
  call: ({ operator }, { hash }) => done(operator[step](hash)),
  rule: OPERATOR_RULES[step],
});

const cancelling = fc.constantFrom(true, true, true, false).map(cancel);
const locking = fc.tuple(keyWithAddress, duration).map(([who, seconds]) => lock(who, seconds));
const answering = fc.tuple(keyWithAddress, fc.boolean(), message, named).map(answer);

/** Where every run begins: a pending order, one whose taker has been asked to cancel it, and one that is not placed. */
export const ORDERS = 3;
export const START = [
  new Step(place, () => 0),
  new Step(place, () => 1),
  new Step(lock(['A', 'A1']), () => 1),
  new Step(cancel(true), () => 1),
];

/** A move of some order, mostly of those that are placed at the start. */
const any = (moves: fc.Arbitrary<Move>) =>
  fc.tuple(moves, fc.constantFrom(0, 0, 0, 1, 1, 1, 2)).map(([move, index]) => new Step(move, () => index));
/** A move of the first or the last order that is so. */
const when = (possible: (order: OrderModel) => boolean, moves: fc.Arbitrary<Move>) =>
  fc
    .tuple(moves, fc.boolean())
    .map(
      ([move, first]) =>
        new Step(move, (orders) => (first ? orders.findIndex(possible) : orders.findLastIndex(possible))),
    );

const isUnknown = ({ status }: OrderModel) => status === 'unknown';
const isKnown = (order: OrderModel) => !isUnknown(order);
const isPending = ({ status }: OrderModel) => status === 'pending';
const isHeld = (order: OrderModel) => order.lock !== null;
const isCooling = (order: OrderModel) => model.isCooling(order, Date.now());
const isSuspended = ({ status }: OrderModel) => status === 'suspended';
const isAsked = (order: OrderModel) => model.openRequest(order) !== undefined;
const isWaiting = (order: OrderModel) => model.openRequest(order)?.status === 'requested';

const account = fc.constantFrom<Account>('maker', 'maker', 'A', 'B');
const suspending = account.map((who) => new AccountStep('suspend', who, () => true));
const resuming = account.map((who) => new AccountStep('resume', who, () => true));
const lettingIn = account.map(
  (who) => new AccountStep('resume', who, (suspended) => suspended.includes(who)),
);

/** Any move at any time, and the same more often where they lead on. */
export const anyStep = fc.oneof(
  { weight: 1, arbitrary: any(fc.constant(place)) },
  { weight: 2, arbitrary: when(isUnknown, fc.constant(place)) },
  { weight: 3, arbitrary: any(locking) },
  { weight: 6, arbitrary: when(isPending, locking) },
  { weight: 2, arbitrary: any(key.map(unlock)) },
  { weight: 1, arbitrary: any(key.map(reject)) },
  { weight: 3, arbitrary: any(fc.tuple(key, quantity, incentive).map(fill)) },
  { weight: 2, arbitrary: any(cancelling) },
  { weight: 6, arbitrary: when(isHeld, cancelling) },
  { weight: 4, arbitrary: any(answering) },
  { weight: 5, arbitrary: when(isAsked, answering) },
  { weight: 3, arbitrary: when(isWaiting, millisecondsAgo.map(pass('request'))) },
  { weight: 3, arbitrary: when(isHeld, millisecondsAgo.map(pass('lock'))) },
  { weight: 2, arbitrary: when(isHeld, locking) },
  { weight: 3, arbitrary: when(isCooling, millisecondsAgo.map(pass('cool-down'))) },
  { weight: 2, arbitrary: when(isKnown, millisecondsAgo.map(pass('deadline'))) },
  { weight: 1, arbitrary: when(isHeld, millisecondsAgo.map(pass('deadline'))) },
  { weight: 2, arbitrary: when(isKnown, fc.constant(settle)) },
  { weight: 2, arbitrary: any(fc.constantFrom('suspend', 'resume', 'cancel').map(operate)) },
  { weight: 2, arbitrary: when(isHeld, fc.constant(operate('suspend'))) },
  {
    weight: 4,
    arbitrary: when(isSuspended, fc.constantFrom('resume', 'resume', 'resume', 'cancel').map(operate)),
  },
  { weight: 2, arbitrary: suspending },
  { weight: 1, arbitrary: resuming },
  { weight: 4, arbitrary: lettingIn },
);
