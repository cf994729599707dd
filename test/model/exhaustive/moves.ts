import { randomUUID } from 'node:crypto';
import { TradingError } from '#trading';
import { API_ERRORS } from '../../../src/http/refusals/api-errors.js';
import type * as model from '../order-model.js';
import {
  type Address,
  LOCK_MAX_S,
  openRequest,
  type OrderModel,
  type Outcome,
  type Taker,
} from '../order-model.js';
import { SIGNATURE, TAKERS, TERMS } from './rows.js';
import type { WorldInMemory } from './world-in-memory.js';

/** The model, or one that is made wrong to see whether that shows. */
export type Rules = typeof model;

/** What was answered, in the model's words, and what of it must be true of the order afterwards. */
export interface Heard {
  answer: number | string;
  told?: unknown;
}

/** A call, or the worker, and the contract's rule for it. */
export interface Move {
  words: string;
  /** Left out where the order has no such request. */
  isPossible?: (before: OrderModel) => boolean;
  call: (world: WorldInMemory, before: OrderModel) => Promise<Heard>;
  rule: (rules: Rules, before: OrderModel, now: number, heard: Heard) => Outcome;
  tells?: (after: OrderModel) => unknown;
}

const MAKERS = {
  'its maker': { wallet: TERMS.maker, callId: 'a call' },
  'another maker': { wallet: '0x00000000000000000000000000000000000000bb', callId: 'a call' },
};
const ORDER = { order_hash: 'its hash' };

async function heard<T>(call: Promise<T>, answer: (said: T) => Heard): Promise<Heard> {
  try {
    return answer(await call);
  } catch (error) {
    return { answer: error instanceof TradingError ? API_ERRORS[error.code].code : String(error) };
  }
}

const cancel = (who: keyof typeof MAKERS): Move => ({
  words: `cancel by ${who}`,
  call: ({ cancellations }) =>
    heard(cancellations.cancel(MAKERS[who], ORDER, 'user_requested'), ({ request }) => ({
      answer: request ? 202 : 200,
      told: request?.id,
    })),
  rule: (rules, before, now, { told }) =>
    rules.cancel(before, now, {
      owner: who === 'its maker',
      asked: told ? { id: told as string } : undefined,
    }),
  tells: (after) => openRequest(after)?.id,
});

const lock = (key: Taker, address: Address, seconds?: number): Move => ({
  words: `lock by ${key} with ${address}${seconds === undefined ? '' : ` for ${seconds} s`}`,
  call: ({ locks }) =>
    heard(locks.lock(TAKERS[key], ORDER.order_hash, { address, seconds }), (given) => ({
      answer: 200,
      told: [given.locked_by, given.locked_at.getTime(), given.lock_expires_at.getTime()],
    })),
  rule: (rules, before, now) => rules.lock(before, now, { key, address, seconds }),
  tells: ({ lock: given }) => given && [given.by, given.since, given.ends],
});

const unlock = (key: Taker): Move => ({
  words: `unlock by ${key}`,
  call: ({ locks }) => heard(locks.unlock(TAKERS[key], ORDER.order_hash), () => ({ answer: 200 })),
  rule: (rules, before, now) => rules.unlock(before, now, { key }),
});

const reject = (key: Taker): Move => ({
  words: `reject by ${key}`,
  call: ({ locks }) => heard(locks.reject(TAKERS[key], ORDER.order_hash, 'no'), () => ({ answer: 200 })),
  rule: (rules, before, now) => rules.reject(before, now, { key }),
});

const fill = (key: Taker, quantity: number, incentive: string): Move => ({
  words: `fill of ${quantity} by ${key} for ${incentive}`,
  call: ({ fills }) => {
    const report = {
      terms: TERMS,
      signature: SIGNATURE,
      fillQuantity: String(quantity),
      takerIncentive: incentive,
    };
    return heard(fills.fill(TAKERS[key], report), ({ fill: { fill_quantity, status } }) => ({
      answer: 200,
      told: [fill_quantity, status],
    }));
  },
  rule: (rules, before, now) => rules.fill(before, now, { key, quantity, incentive }),
  tells: (after) => [String(after.fill?.quantity), after.status],
});

/** As which request an answer names. */
const NAMED = {
  no: { isPossible: () => true, idOf: () => undefined },
  'the last': {
    isPossible: ({ requests }: OrderModel) => requests.length > 0,
    idOf: ({ requests }: OrderModel) => requests.at(-1)!.id,
  },
  'the first': {
    isPossible: ({ requests }: OrderModel) => requests.length > 1,
    idOf: ({ requests }: OrderModel) => requests[0]!.id,
  },
  'an unknown': { isPossible: () => true, idOf: () => randomUUID() },
};

const answer = (
  key: Taker,
  address: Address,
  verdict: boolean,
  name: keyof typeof NAMED,
  message = 'a word',
): Move => {
  const { isPossible, idOf } = NAMED[name];
  return {
    words: `${verdict} ("${message}") by ${key} with ${address} to ${name} request`,
    isPossible,
    call: ({ cancellations }, before) => {
      const requestId = idOf(before);
      const given = {
        orderHash: ORDER.order_hash,
        takerAddress: address,
        cancel: verdict,
        message,
        requestId,
      };
      return heard(cancellations.answer(TAKERS[key], given), () => ({ answer: 200 }));
    },
    rule: (rules, before, now) =>
      rules.answer(before, now, { key, address, verdict, message, requestId: idOf(before) }),
  };
};

const OPERATOR_RULES = { suspend: 'suspend', resume: 'resume', cancel: 'operatorCancel' } as const;
const operate = (step: keyof typeof OPERATOR_RULES): Move => ({
  words: `${step} by the operator`,
  call: async ({ operator }) => {
    const done = operator[step]('tester', ORDER, 'the desk is not sure');
    return done.then(
      () => ({ answer: 'done' }),
      (error: TradingError) => ({ answer: error.code ?? String(error) }),
    );
  },
  rule: (rules, before, now) => rules[OPERATOR_RULES[step]](before, now),
});

const settle: Move = {
  words: 'the worker comes by',
  call: (world) => heard(world.settle(), () => ({ answer: 'done' })),
  rule: (rules, before, now) => ['done', rules.settled(before, now)],
};

/** Locks are also for less than usual, beyond the deadline, and for as long as may be. */
export const MOVES: readonly Move[] = [
  cancel('its maker'),
  cancel('another maker'),
  lock('A', 'A1'),
  lock('A', 'A1', 60),
  lock('A', 'A1', 7_200),
  lock('A', 'A1', LOCK_MAX_S),
  lock('A', 'A2'),
  lock('B', 'B1'),
  lock('B', 'A1'),
  ...(['A', 'B'] as const).flatMap((key) => [unlock(key), reject(key)]),
  fill('A', 100, '0'),
  fill('A', 40, '0'),
  fill('A', 101, '0'),
  fill('A', 100, '7'),
  fill('B', 100, '0'),
  ...[true, false].flatMap((verdict) => [
    answer('A', 'A1', verdict, 'no'),
    answer('A', 'A1', verdict, 'the last'),
    answer('A', 'A1', verdict, 'the first'),
    answer('A', 'A2', verdict, 'no'),
    answer('A', 'A2', verdict, 'the last'),
    answer('B', 'B1', verdict, 'no'),
    answer('B', 'B1', verdict, 'the first'),
  ]),
  answer('A', 'A1', true, 'an unknown'),
  answer('A', 'A1', true, 'no', 'another word'),
  answer('B', 'A1', true, 'no'),
  operate('suspend'),
  operate('resume'),
  operate('cancel'),
  settle,
];

/** The moments ahead at which something of an order falls due, and those just before them, with what each is. */
export function momentsAhead(order: OrderModel, now: number): Map<number, string> {
  const request = openRequest(order);
  const times: [string, number | null | undefined][] = [
    ['the end of its request', request?.status === 'requested' ? request.expires : null],
    ['the end of its lock', order.lock?.ends],
    ['its deadline', order.deadline],
    ...order.requests.map(({ coolsUntil }): [string, number | null] => [
      'the end of its cool-down',
      coolsUntil,
    ]),
  ];
  const moments = times.flatMap(([what, time]): [number, string][] =>
    time
      ? [
          [time - 1, `just before ${what}`],
          [time, what],
        ]
      : [],
  );
  return new Map(moments.filter(([time]) => time > now));
}
