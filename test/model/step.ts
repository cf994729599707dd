import { expect } from '@jest/globals';
import type fc from 'fast-check';
import * as rules from './order-model.js';
import type { Account, OrderModel, Outcome } from './order-model.js';
import { type Heard, type SignedOrder, viewOf, type World } from './world.js';

/** A few orders, in the model and in the world, and who is suspended. */
export interface Model {
  orders: OrderModel[];
  suspended: Account[];
}
export interface Real {
  world: World;
  orders: SignedOrder[];
}

/** Something that can happen to an order, and the contract's rule for it. */
export interface Move {
  words: string;
  /** Whose account must be active for it; anybody's may be suspended when left out. */
  activeOnly?: Account;
  call: (world: World, order: SignedOrder, before: OrderModel, all: OrderModel[]) => Promise<Heard>;
  rule: (before: OrderModel, now: number, data: Heard['data']) => Outcome;
}

/** Which order a step is about; -1 leaves the step out. */
export type Choice = (orders: OrderModel[]) => number;

/** A move as fast-check runs it: the answer and the order afterwards must be the model's. */
export class Step implements fc.AsyncCommand<Model, Real> {
  private said: string;

  constructor(
    private readonly move: Move,
    private readonly choose: Choice,
  ) {
    this.said = move.words;
  }

  check({ orders }: Readonly<Model>): boolean {
    return this.choose(orders) >= 0;
  }

  async run({ orders, suspended }: Model, real: Real): Promise<void> {
    const { words, activeOnly, call, rule } = this.move;
    const index = this.choose(orders);
    const [before, signed] = [orders[index]!, real.orders[index]!];
    const now = Date.now();
    const { answer, data } = await call(real.world, signed, before, orders);
    this.said = `order ${index}: ${words} → ${answer}`;
    const isShutOut = activeOnly !== undefined && suspended.includes(activeOnly);
    const [expected, after] = isShutOut ? rules.accountSuspended(before) : rule(before, now, data);
    const order = await real.world.view(signed);
    expect({ answer, order }).toEqual({ answer: expected, order: viewOf(after) });
    orders[index] = after;
  }

  toString(): string {
    return `\n  ${this.said}`;
  }
}

const ACCOUNT_RULES = { suspend: rules.suspendAccount, resume: rules.resumeAccount };

/** The operator shuts a maker or a taker out, or lets it in again. */
export class AccountStep implements fc.AsyncCommand<Model, Real> {
  constructor(
    private readonly step: keyof typeof ACCOUNT_RULES,
    private readonly account: Account,
    private readonly when: (suspended: Account[]) => boolean,
  ) {}

  check({ suspended }: Readonly<Model>): boolean {
    return this.when(suspended);
  }

  async run(model: Model, { world }: Real): Promise<void> {
    const { answer } = await world.operateAccount(this.step, this.account);
    const [expected, suspended] = ACCOUNT_RULES[this.step](model.suspended, this.account);
    expect(answer).toBe(expected);
    model.suspended = suspended;
  }

  toString(): string {
    return `\n  ${this.step} ${this.account} by the operator`;
  }
}
