import { Injectable } from '@nestjs/common';
import type { NewOrderEvent } from '#events';
import { Counter, Histogram, Registry } from 'prom-client';
import {
  type CancellationRequest,
  OPEN_STATUSES,
  type ResolvedBy,
} from '../cancellations/cancellation-request.entity.js';

/** What was written of one order: its events, and the request that they are about, if they are about one. */
export interface Written {
  events: readonly NewOrderEvent[];
  request: { row: CancellationRequest } | null;
}

/** From a machine's answer to a lock that runs out. */
const ANSWER_BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600];

/** How a request can end. They are shown from the start, as 0: a rate needs a first value to rise from. */
const ENDS: [status: string, by: ResolvedBy][] = [
  ['accepted', 'answer'],
  ['accepted', 'unlock'],
  ['accepted', 'reject'],
  ['accepted', 'lock_expiry'],
  ['rejected', 'answer'],
  ['rejected', 'fill'],
];

/** Counts changes, once they are committed, in the process that made them: over all processes they add up. */
@Injectable()
export class ChangeMetrics {
  private readonly requests: Counter<'status' | 'resolved_by' | 'late'>;
  private readonly transitions: Counter<'from' | 'to'>;
  private readonly answerSeconds: Histogram<'resolved_by'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.requests = new Counter({
      name: 'lockstep_cancellation_requests_total',
      help:
        'Times that a cancellation request was put to a taker (requested, also again), timed out, or was accepted or ' +
        'rejected, and by what; counted by the process that wrote it: sum over API and worker processes',
      labelNames: ['status', 'resolved_by', 'late'],
      registers,
    });
    this.transitions = new Counter({
      name: 'lockstep_order_transitions_total',
      help:
        'Changes of orders\' statuses, from "none" for new ones; counted by the process that wrote it: sum over API ' +
        'and worker processes',
      labelNames: ['from', 'to'],
      registers,
    });
    this.answerSeconds = new Histogram({
      name: 'lockstep_cancellation_answer_seconds',
      help: "From a cancellation request's requested_at to its resolved_at, by the database's clock",
      labelNames: ['resolved_by'],
      buckets: ANSWER_BUCKETS_S,
      registers,
    });
    this.showZeros();
  }

  count({ events, request }: Written): void {
    for (const { type, from_status, to_status, payload } of events) {
      switch (type) {
        case 'order_status_change':
          this.transitions.inc({ from: from_status ?? 'none', to: to_status! });
          break;
        case 'cancellation_request':
          this.requests.inc(notEnded('requested'));
          break;
        case 'cancellation_update':
          if (request && payload.resolved_by) this.ended(request.row);
          else this.requests.inc(notEnded('timed_out'));
          break;
      }
    }
  }

  private ended({ status, resolved_by, late, requested_at, resolved_at }: CancellationRequest): void {
    this.requests.inc({ status, resolved_by: resolved_by!, late: String(late) });
    const milliseconds = resolved_at!.getTime() - requested_at.getTime();
    this.answerSeconds.observe({ resolved_by: resolved_by! }, milliseconds / 1000);
  }

  private showZeros(): void {
    for (const status of OPEN_STATUSES) this.requests.inc(notEnded(status), 0);
    for (const [status, resolved_by] of ENDS) {
      this.requests.inc({ status, resolved_by, late: 'false' }, 0);
      if (resolved_by === 'answer') this.requests.inc({ status, resolved_by, late: 'true' }, 0);
    }
    this.transitions.inc({ from: 'none', to: 'pending' }, 0);
    for (const from of ['pending', 'locked']) this.transitions.inc({ from, to: 'suspended' }, 0);
  }
}

function notEnded(status: string) {
  return { status, resolved_by: 'none', late: 'false' };
}
