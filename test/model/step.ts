import { expect } from '@jest/globals';
import type fc from 'fast-check';
import type { OrderModel, Outcome } from './order-model.js';
import { type Heard, type SignedOrder, viewOf, type World } from './world.js';

/** A few orders, in the model and in the world. */
export interface Model {
  orders: OrderModel[];
}
export interface Real {
  world: World;
  orders: SignedOrder[];
}

/** Something that can happen to an order, and the contract's rule for it. */
export interface Move {
  words: string;
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

  async run({ orders }: Model, real: Real): Promise<void> {
    const { words, call, rule } = this.move;
    const index = this.choose(orders);
    const [before, signed] = [orders[index]!, real.orders[index]!];
    const now = Date.now();
    const { answer, data } = await call(real.world, signed, before, orders);
    this.said = `order ${index}: ${words} → ${answer}`;
    const [expected, after] = rule(before, now, data);
    const order = await real.world.view(signed);
    expect({ answer, order }).toEqual({ answer: expected, order: viewOf(after) });
    orders[index] = after;
  }

  toString(): string {
    return `\n  ${this.said}`;
  }
}
