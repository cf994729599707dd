import type { Actor } from '#events';
import type { Span, Tracer } from '#tracing';

interface TracedCall {
  by: Actor;
  waitingSince: number;
}

/**
 * Traces that calls have waited, and begins the span of the transaction that is theirs in common. That is a part of the trace of
 * the first of them, so that it is recorded whenever one of them is; it links to the others, and their waits to it.
 */
export function traceBatch(tracer: Tracer, calls: readonly TracedCall[]): Span | undefined {
  const [first, ...others] = calls.filter(({ by }) => by.traceparent !== undefined);
  if (!first) return undefined;
  traceWait(tracer, first)?.end();
  const attributes = { 'lockstep.calls': calls.length };
  const transaction = tracer.begin('transaction', first.by.traceparent, { attributes });
  for (const call of others) {
    transaction?.link(call.by.traceparent!);
    const wait = traceWait(tracer, call);
    if (transaction) wait?.link(transaction.traceparent);
    wait?.end();
  }
  return transaction;
}

const traceWait = (tracer: Tracer, { by, waitingSince }: TracedCall): Span | undefined =>
  tracer.begin('wait for a transaction', by.traceparent, { startTime: waitingSince });
