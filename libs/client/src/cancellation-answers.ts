import { type Listener, tell } from './listeners.js';
import { isFinal, type LockstepError } from './lockstep-error.js';
import type { CancellationRequest } from './messages.js';
import { RecentIds } from './recent-ids.js';
import { pauseAfter } from './retry.js';

/** A taker's decision on a cancellation request. */
export interface Verdict {
  /** True gives the order up; false keeps it locked, to complete the trade. */
  cancel: boolean;
  /** Kept, and shown to the maker; what is over 1,000 characters is cut. */
  message: string;
  /** The address that holds the lock, when it is not the client's. */
  taker_address?: string;
}

/** A request with the verdict that was given on it. */
export interface Answered {
  request: CancellationRequest;
  verdict: Verdict;
}

export interface CancellationListeners {
  /**
   * Decides on a cancellation request, and may take its time: silence never cancels a live lock. Asked until it has
   * given a verdict, then never again for this request; by another process, if that comes before the answer is recorded.
   */
  onCancellationRequest: (request: CancellationRequest) => Verdict | Promise<Verdict>;
  /** The verdict is recorded. */
  onAnswered?: Listener<Answered>;
  /** The verdict will never be recorded: the order was filled in between, for example. A problem when left out. */
  onAnswerRefused?: Listener<Answered & { error: LockstepError }>;
}

/** How long answers that are under way at the end have left. */
const FINISH_TIMEOUT_MS = 10_000;
const CONFLICT = 409;

/** Answers each cancellation request with one verdict, until that is recorded. */
export class CancellationAnswers {
  /** The answers under way, by the ids of their requests. */
  private readonly underWay = new Map<string, { ended: Promise<void>; giveUp: AbortController }>();
  /** The requests that need no answer any more. */
  private readonly resolved = new RecentIds();
  private finishing = false;

  constructor(
    private readonly listeners: CancellationListeners,
    private readonly send: (answered: Answered, signal: AbortSignal) => Promise<unknown>,
    private readonly report: Listener<unknown>,
  ) {}

  /** Answers a request, unless it has come before: at an earlier connect, or before it timed out. */
  consider(request: CancellationRequest): void {
    const { request_id } = request.metadata;
    if (this.underWay.has(request_id) || this.resolved.has(request_id)) return;
    const giveUp = new AbortController();
    const ended = this.answer(request, giveUp.signal).finally(() => this.underWay.delete(request_id));
    this.underWay.set(request_id, { ended, giveUp });
  }

  /** Waits for the answers under way, for a bounded time; nobody is asked for a verdict again. */
  async finish(): Promise<void> {
    this.finishing = true;
    const answers = [...this.underWay.values()];
    let timeout: ReturnType<typeof setTimeout> | undefined;
    const isLate = new Promise<void>((resolve) => {
      timeout = setTimeout(resolve, FINISH_TIMEOUT_MS);
    });
    await Promise.race([Promise.all(answers.map(({ ended }) => ended)), isLate]);
    clearTimeout(timeout);
    for (const { giveUp } of answers) giveUp.abort();
  }

  private async answer(request: CancellationRequest, signal: AbortSignal): Promise<void> {
    const { request_id } = request.metadata;
    let verdict: Verdict | undefined;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        verdict ??= await this.listeners.onCancellationRequest(request);
        await this.send({ request, verdict }, signal);
        this.resolved.add(request_id);
        this.tell(this.listeners.onAnswered, { request, verdict });
        return;
      } catch (error) {
        if (verdict && isFinal(error)) {
          this.refused({ request, verdict, error });
          return;
        }
        this.report(error);
        if (!verdict && this.finishing) break;
        await pauseAfter(error, failures, signal);
      }
    }
    this.report(new Error(`cancellation request ${request_id} was not answered before the session ended`));
  }

  private refused(refusal: Answered & { error: LockstepError }): void {
    // A conflict says that it was decided otherwise. After any other refusal the request is still open.
    if (refusal.error.status === CONFLICT) this.resolved.add(refusal.request.metadata.request_id);
    this.tell(this.listeners.onAnswerRefused ?? (({ error }) => this.report(error)), refusal);
  }

  private tell<T>(listener: Listener<T> | undefined, data: T): void {
    if (listener) tell(listener, data, this.report);
  }
}
