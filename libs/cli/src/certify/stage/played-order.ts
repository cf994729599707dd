import type { CancellationUpdate, Data, Maker, OrderStatusChange } from '#client';
import { type BotCall, FILL, isDone, LOCK, REJECT, UNLOCK, verdictIn } from '../runner/bot-call.js';
import type { BotLine } from '../runner/bot-line.js';
import type { Push } from '../runner/faults.js';
import type { Tape } from '../runner/tape.js';

type HistoryEvent = Data<'getOrderEvents'>['events'][number];

/** Makes a maker's call, as often as it takes. */
export type Patiently = <T>(call: () => Promise<T>) => Promise<T>;

/** An order that the runner's maker has placed, and what became of it. */
export class PlayedOrder {
  /** What its maker was pushed of it. */
  readonly changes: OrderStatusChange[] = [];
  readonly updates: CancellationUpdate[] = [];
  /** The question as it came from the service, each time, and on which socket. */
  readonly questions: { push: Push; line: BotLine }[] = [];
  askedAt: number | undefined;

  constructor(
    readonly hash: string,
    private readonly maker: Maker,
    private readonly tape: Tape,
    private readonly patiently: Patiently,
  ) {}

  get calls(): BotCall[] {
    return this.tape.callsOf(this.hash);
  }

  /** The calls that give a verdict, whatever they were answered. */
  get verdicts(): BotCall[] {
    return this.calls.filter((call) => verdictIn(call) !== undefined);
  }

  /** The verdict that the service has recorded. */
  get recorded(): BotCall | undefined {
    return this.verdicts.find(isDone);
  }

  /** On how many sockets the bot was asked; each may answer, with the same verdict. */
  get askedOn(): number {
    return new Set(this.questions.map(({ line }) => line)).size;
  }

  get lock(): BotCall | undefined {
    return this.callsTo(LOCK).find(isDone);
  }

  callsTo(path: string): BotCall[] {
    return this.calls.filter((call) => call.path === path);
  }

  /** How the bot has ended the order, when that was by something else than an answer. */
  get endedBy(): 'fill' | 'unlock' | 'reject' | undefined {
    const done = (path: string) => this.callsTo(path).some(isDone);
    if (done(FILL)) return 'fill';
    if (done(UNLOCK)) return 'unlock';
    return done(REJECT) ? 'reject' : undefined;
  }

  /** Asks to cancel; the request's id and time-out, or undefined when the order was cancelled at once. */
  async ask(): Promise<{ request_id: string; expires_at: string } | undefined> {
    this.write('maker', 'service', 'asks to cancel');
    this.askedAt ??= performance.now();
    const answer = await this.patiently(() => this.maker.cancel(this.hash));
    return answer.success ? undefined : answer.cancellation;
  }

  /** The service's own word on what became of the order and its requests. */
  async history(): Promise<HistoryEvent[]> {
    const events: HistoryEvent[] = [];
    let after: string | undefined;
    do {
      const page = await this.patiently(() => this.maker.history(this.hash, { after }));
      events.push(...page.events);
      after = page.next_after ?? undefined;
    } while (after);
    return events;
  }

  hearChange(change: OrderStatusChange): void {
    this.changes.push(change);
    this.write('service', 'maker', `${change.from_status ?? 'new'} → ${change.to_status}`);
  }

  hearUpdate(update: CancellationUpdate): void {
    this.updates.push(update);
    const by = update.resolved_by ? ` by ${update.resolved_by}` : '';
    this.write('service', 'maker', `request ${update.status}${by}`);
  }

  private write(from: 'maker' | 'service', to: 'maker' | 'service', label: string): void {
    this.tape.write({ from, to, label, fault: false, order: this.hash, body: null });
  }
}
