import type { Data } from '#client';
import { type BotCall, LOCK, verdictIn } from '../runner/bot-call.js';
import type { BotLine } from '../runner/bot-line.js';
import type { CallFault, CallRule, LineRule, Push, PushRule } from '../runner/faults.js';
import type { Runner } from '../runner/runner.js';
import type { Tape } from '../runner/tape.js';
import type { Cast } from './cast.js';
import { NotShown, RuleBroken } from './outcomes.js';
import type { PlayedOrder } from './played-order.js';
import type { Waits } from './waits.js';

/** What all scenarios share. */
export interface Stage {
  url: string;
  config: Data<'getConfig'>;
  /** The service's OpenAPI document. */
  openapi: unknown;
  runner: Runner;
  tape: Tape;
  cast: Cast;
  /** Ends all. */
  signal: AbortSignal;
  waits: Waits;
  /** Of the load. */
  questions: number;
  /** The address under which the bot locks. */
  taker: string;
}

/** Where one rule is tried: its orders, and the faults that last as long as it does. */
export class Scene {
  readonly orders = new Set<string>();
  readonly startedAt = new Date().toISOString();
  private readonly undo: (() => void)[] = [];

  constructor(readonly stage: Stage) {}

  get waits(): Waits {
    return this.stage.waits;
  }

  /** A new order that the bot has locked. */
  async lockedOrder(): Promise<PlayedOrder> {
    const order = await this.placedOrder();
    await this.locked(order);
    return order;
  }

  placedOrder(known: (hash: string) => void = () => {}): Promise<PlayedOrder> {
    return this.stage.cast.place((hash) => {
      this.orders.add(hash);
      this.onPush((push, line) => this.keepQuestion(push, line, hash));
      known(hash);
    });
  }

  async locked(order: PlayedOrder): Promise<void> {
    const { lockMs } = this.waits;
    if (await this.isLocked(order, lockMs)) return;
    throw new NotShown(`the bot did not lock an order within ${seconds(lockMs)}`);
  }

  /** Whether the bot locks an order in time; not shown when another does. */
  async isLocked(order: PlayedOrder, patienceMs: number): Promise<boolean> {
    const found = (): boolean => order.lock !== undefined || takenByAnother(order);
    await this.stage.tape.until(found, patienceMs);
    if (order.lock) return true;
    if (takenByAnother(order)) throw new NotShown('another taker locked the order before the bot did');
    return false;
  }

  /** Asks to cancel a locked order; not shown when the bot has ended it by itself before. */
  async ask(order: PlayedOrder): Promise<{ request_id: string; expires_at: string }> {
    if (order.endedBy) throw new NotShown(`the bot ended the order by ${order.endedBy} before it was asked`);
    const request = await order.ask();
    if (request) return request;
    throw new NotShown('the order was not locked any more when its maker asked to cancel it');
  }

  /** The bot's first verdict on an order's request, whether or not it reached the service. */
  async answer(order: PlayedOrder, patienceMs = this.waits.answerMs): Promise<BotCall> {
    const [verdict] = (await this.verdicts(order, 1, patienceMs)) ?? [];
    if (verdict) return verdict;
    throw new RuleBroken(`it did not answer within ${seconds(patienceMs)}`);
  }

  /** The bot's verdicts once there are so many; not shown when it ends the order otherwise. */
  async verdicts(order: PlayedOrder, count: number, patienceMs: number): Promise<BotCall[] | undefined> {
    const enough = (): boolean => order.verdicts.length >= count;
    await this.untilEnded(order, enough, patienceMs);
    if (enough()) return order.verdicts;
    this.throwIfEnded(order);
    return undefined;
  }

  /** The verdict that the service has recorded, and that is the only one the bot gave. */
  async recorded(order: PlayedOrder, patienceMs = this.waits.answerMs): Promise<BotCall> {
    await this.untilEnded(order, () => order.recorded !== undefined, patienceMs);
    const { recorded } = order;
    if (!recorded) {
      this.throwIfEnded(order);
      const tried = order.verdicts.length;
      const what = tried === 0 ? 'it did not answer' : `none of its ${tried} answers reached the service`;
      throw new RuleBroken(`${what} within ${seconds(patienceMs)}`);
    }
    expectOneVerdict(order);
    return recorded;
  }

  /** Whether a push about an order has reached the bot as the scene has changed it, and before what it did. */
  isPushed(order: PlayedOrder, type: string, before = Infinity): boolean {
    return this.stage.tape.delivered.some(
      (pushed) => pushed.order === order.hash && pushed.type === type && pushed.isFault && pushed.at < before,
    );
  }

  expectPushed(order: PlayedOrder, type: string, before?: number): void {
    if (!this.isPushed(order, type, before))
      throw new NotShown('the bot had found out otherwise before it was pushed that');
  }

  /** Lets what must not come have time to come. */
  settle(): Promise<unknown> {
    return this.stage.tape.until(() => false, this.waits.settleMs);
  }

  /** One of the bot's sockets, when it has none its next. */
  async connected(patienceMs = this.waits.answerMs): Promise<BotLine> {
    const line = await this.stage.tape.until(() => this.stage.runner.openLines[0], patienceMs);
    if (line) return line;
    throw new RuleBroken(`it did not connect again within ${seconds(patienceMs)}`);
  }

  onCall(rule: CallRule): () => void {
    return this.add(this.stage.runner.faults.calls, rule);
  }

  onPush(rule: PushRule): () => void {
    return this.add(this.stage.runner.faults.pushes, rule);
  }

  onLine(rule: LineRule): () => void {
    return this.add(this.stage.runner.faults.lines, rule);
  }

  /** Does something to the bot's first answers to an order's request. */
  onAnswers(order: PlayedOrder, fault: CallFault, times = 1): () => void {
    let left = times;
    return this.onCall((call) => {
      if (verdictIn(call) === undefined || call.order !== order.hash || left === 0) return undefined;
      left -= 1;
      return fault;
    });
  }

  /** Takes an order's questions out of the stream; each is handed over with the socket that it was meant for. */
  onQuestion(order: PlayedOrder, rule: PushRule): () => void {
    return this.onPush((push, line) =>
      push.type === 'cancellation_request' && push.order === order.hash ? rule(push, line) : undefined,
    );
  }

  /** Ends the scene's faults. */
  end(): void {
    for (const undo of this.undo) undo();
  }

  /** Waits for something; not for long when the bot has ended the order, and given no verdict yet. */
  private async untilEnded(order: PlayedOrder, found: () => boolean, patienceMs: number): Promise<void> {
    const { tape } = this.stage;
    const isLeft = (): boolean => order.endedBy !== undefined && order.verdicts.length === 0;
    await tape.until(() => found() || isLeft(), patienceMs);
    if (isLeft()) await tape.until(() => order.verdicts.length > 0, this.waits.settleMs);
    if (!isLeft()) await tape.until(found, patienceMs);
  }

  private keepQuestion(push: Push, line: BotLine, hash: string): undefined {
    if (push.type === 'cancellation_request' && push.order === hash)
      this.stage.cast.find(hash)?.questions.push({ push, line });
  }

  private throwIfEnded({ endedBy }: PlayedOrder): void {
    if (endedBy) throw new NotShown(`the bot ended the order by ${endedBy} and did not answer`);
  }

  private add<T>(rules: Set<T>, rule: T): () => void {
    const remove = (): void => void rules.delete(rule);
    rules.add(rule);
    this.undo.push(remove);
    return remove;
  }
}

/** A verdict stands: another one on the same request contradicts it. */
export function expectOneVerdict({ verdicts }: PlayedOrder): void {
  const given = verdicts.map((call) => verdictIn(call));
  const other = given.find((verdict) => verdict !== given[0]);
  if (other !== undefined) throw new RuleBroken(`it answered ${given[0]} first, and then ${other}`);
}

export const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

function takenByAnother(order: PlayedOrder): boolean {
  const isLocked = order.changes.some(({ to_status }) => to_status === 'locked');
  return isLocked && order.callsTo(LOCK).every(({ service }) => service !== undefined) && !order.lock;
}
