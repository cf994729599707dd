import type {
  CancellationRequest,
  LockstepError,
  OrderStatusChange,
  Resync,
  Session,
  SessionOptions,
  Verdict,
} from '#client';
import type { TakerClient } from './clients.js';
import { START_PATIENCE_MS } from './service-process.js';
import { until } from './until.js';

/** How a taker decides on what it is asked. */
export type Decide = (request: CancellationRequest) => Verdict | Promise<Verdict>;
export type DiaryOptions = Pick<SessionOptions, 'signal' | 'after'>;

/** A taker's session through a proxy that writes down all it is told. */
export class Diary {
  session!: Session;
  readonly asked: CancellationRequest[] = [];
  readonly changes: OrderStatusChange[] = [];
  readonly answered: Verdict[] = [];
  readonly refusals: LockstepError[] = [];
  readonly resyncs: Resync[] = [];
  readonly problems: unknown[] = [];

  static async open(
    taker: TakerClient,
    url: string,
    decide: Decide,
    options: DiaryOptions = {},
  ): Promise<Diary> {
    const diary = new Diary();
    diary.session = await taker.library(url).listen({
      onCancellationRequest: (request) => {
        diary.asked.push(request);
        return decide(request);
      },
      onOrderStatusChange: (change) => diary.changes.push(change),
      onAnswered: ({ verdict }) => diary.answered.push(verdict),
      onAnswerRefused: ({ error }) => diary.refusals.push(error),
      onResync: (resync) => diary.resyncs.push(resync),
      onProblem: (problem) => diary.problems.push(problem),
      ...options,
    });
    return diary;
  }

  hearsOf(hash: string, status: string): Promise<void> {
    const heard = () =>
      this.changes.some(({ order_hash, to_status }) => order_hash === hash && to_status === status);
    return until(heard, `the order to be ${status}`, START_PATIENCE_MS);
  }
}

/** A taker that decides when the test says so. */
export function thinking() {
  let decide!: (verdict: Verdict) => void;
  const verdict = new Promise<Verdict>((resolve) => (decide = resolve));
  return { decide, verdict };
}
