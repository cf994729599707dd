import * as model from '../order-model.js';
import type { OrderModel } from '../order-model.js';
import { brokenBy } from './invariants.js';
import { momentsAhead, type Move, MOVES, type Rules } from './moves.js';
import { BEGINNING, keyOf, placed, type Rows, told, wordsOf } from './rows.js';
import { WorldInMemory } from './world-in-memory.js';

/** A state that some sequence leads to, in the service and in the model. */
interface State {
  rows: Rows;
  order: OrderModel;
  now: number;
  /** The shortest sequence that leads to it. */
  from: { state: State; said: string } | null;
  /** Where each step leads; -1 where service and model part. */
  next: Int32Array;
}

/** What was found once every sequence of so many steps was played. */
export interface Findings {
  depth: number;
  /** All that were reached. */
  states: number;
  /** All up to the depth. */
  sequences: number;
  differences: number;
}

export class Exploration {
  /** The shortest sequence at whose end service and model differ, or an invariant is broken. */
  firstDifference: string | null = null;
  private differences = 0;
  private readonly world = new WorldInMemory();
  private readonly states: State[] = [];
  private readonly known = new Map<string, number>();

  constructor(private readonly rules: Rules = model) {
    const rows = placed();
    this.reach({ rows, order: told(rows), now: BEGINNING, from: null, next: new Int32Array() });
  }

  /** Plays all sequences of one step, of two, and so on up to the depth; equal states once. */
  async *to(depth: number): AsyncGenerator<Findings> {
    let sequences = 0;
    let ways = new Map([[0, 1]]);
    for (let explored = 0, step = 1; step <= depth; step += 1) {
      for (const end = this.states.length; explored < end; explored += 1)
        await this.explore(this.states[explored]!);
      ways = this.longer(ways);
      sequences += [...ways.values()].reduce((sum, count) => sum + count, 0);
      ways.delete(-1);
      yield { depth: step, states: this.states.length, sequences, differences: this.differences };
    }
  }

  /** How many sequences lead to each state, with one more step. */
  private longer(ways: Map<number, number>): Map<number, number> {
    const longer = new Map<number, number>();
    for (const [state, count] of ways) {
      for (const next of this.states[state]!.next) longer.set(next, (longer.get(next) ?? 0) + count);
    }
    return longer;
  }

  private async explore(state: State): Promise<void> {
    const next: number[] = [];
    for (const move of MOVES) {
      if (move.isPossible?.(state.order) !== false) next.push(await this.take(move, state));
    }
    for (const [now, what] of momentsAhead(state.order, state.now)) {
      const said = `time goes on to ${what}`;
      next.push(this.reach({ ...state, now, from: { state, said } }));
    }
    state.next = Int32Array.from(next);
  }

  private async take(move: Move, state: State): Promise<number> {
    const { now, order } = state;
    const { heard, rows, commits } = await this.world.play(state.rows, now, () =>
      move.call(this.world, order),
    );
    const [answer, after] = move.rule(this.rules, order, now, heard);
    const said = `${move.words} → ${heard.answer}`;
    const from = { state, said };
    const wrong = commits.flatMap(brokenBy).map((sentence) => `broken: ${sentence}`);
    const [is, expected] = [told(rows), after].map(wordsOf) as [string, string];
    if (heard.answer !== answer) wrong.push(`the model answers ${answer}`);
    if (is !== expected) wrong.push(`the order is   ${is}`, `the model has  ${expected}`);
    const tells = heard.told === undefined ? heard.told : move.tells!(after);
    if (!isSame(heard.told, tells)) wrong.push(`it tells of ${heard.told}, the model of ${tells}`);
    if (wrong.length === 0) return this.reach({ rows, order: after, now, from, next: new Int32Array() });
    this.differences += 1;
    this.firstDifference ??= [...stepsTo(from), ...wrong].join('\n');
    return -1;
  }

  private reach(state: State): number {
    const key = keyOf(state.rows, state.order, state.now);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    this.known.set(key, this.states.length);
    return this.states.push(state) - 1;
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function stepsTo(from: State['from']): string[] {
  const steps: string[] = [];
  for (let last = from; last; last = last.state.from) steps.unshift(last.said);
  return steps.map((said, index) => `${index + 1}. ${said}`);
}
