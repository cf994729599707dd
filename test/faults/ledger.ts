import { setTimeout as delay } from 'node:timers/promises';
import { LockstepError, type Send } from '#client';

/** A client of the suite goes on to the other instance sooner than most; the call may still be done. */
const CALL_TIMEOUT_MS = 3_000;
/** But for each so manieth call, which waits: how long the service makes its callers wait is to be seen. */
const PATIENT_EVERY = 5;
const RETRY_MS = 100;
/** A call must be answered by then, whatever happens. */
const PATIENCE_MS = 60_000;

/** A call as its client saw it: what it sent, and what it was told. */
export interface Told {
  method: string;
  path: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- held against the database field by field
  sent: any;
  status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- held against the database field by field
  data: any;
  callId: string;
  retryAfter: string | null;
  /** Which instance answered, and when, Unix ms. */
  url: string;
  sentAt: number;
  at: number;
}

/** How long a client waited for the end of a call: an answer, a broken connection, or the end of its own patience. */
export interface Wait {
  call: string;
  ms: number;
}

/** Everything that clients were told. Each call goes to another instance than the one before. */
export class Ledger {
  readonly told: Told[] = [];
  readonly waits: Wait[] = [];
  /** Calls whose connection broke, or that were not answered in time: nobody was told whether they were done. */
  unanswered = 0;
  private readonly underWay = new Map<string, number>();
  private turn = 0;

  constructor(readonly urls: readonly string[]) {}

  /** Calls that an instance has not answered yet. */
  underWayAt(url: string): number {
    return this.underWay.get(url) ?? 0;
  }

  /** The client library's own time-out does not count: it ends before a patient client does. */
  readonly send: Send = async (request) => {
    const turn = this.turn++;
    const { pathname, search } = new URL(request.url);
    const { method, headers } = request;
    const body = (await request.text()) || undefined;
    const url = this.urls[turn % this.urls.length]!;
    const signal = AbortSignal.timeout(turn % PATIENT_EVERY === 0 ? PATIENCE_MS : CALL_TIMEOUT_MS);
    const [start, sentAt] = [performance.now(), Date.now()];
    this.underWay.set(url, this.underWayAt(url) + 1);
    try {
      const answer = await fetch(`${url}${pathname}${search}`, { method, headers, body, signal });
      const text = await answer.text();
      this.told.push({
        method,
        path: pathname,
        sent: body ? JSON.parse(body) : undefined,
        status: answer.status,
        data: (JSON.parse(text) as { data?: unknown }).data,
        callId: answer.headers.get('x-request-id') ?? '',
        retryAfter: answer.headers.get('retry-after'),
        url,
        sentAt,
        at: Date.now(),
      });
      return new Response(text, answer);
    } catch (error) {
      this.unanswered += 1;
      throw error;
    } finally {
      this.waits.push({ call: `${method} ${pathname}`, ms: performance.now() - start });
      this.underWay.set(url, this.underWayAt(url) - 1);
    }
  };
}

/** Repeats a call until the service has said yes or no, and returns the refusal, if it was one. */
export async function settled<T>(call: () => Promise<T>): Promise<T | LockstepError> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (error instanceof LockstepError && error.status < 500 && error.status !== 429) return error;
      if (performance.now() > deadline) throw new Error('a call was never answered', { cause: error });
      await delay(RETRY_MS);
    }
  }
}
