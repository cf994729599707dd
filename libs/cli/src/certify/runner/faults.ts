import type { BotCall } from './bot-call.js';
import type { BotLine } from './bot-line.js';

/** An answer that the runner gives in the service's place, in the service's envelope. */
export interface Refusal {
  status: number;
  code: number;
  message: string;
  details: string;
  retryAfterSeconds?: number;
}

/** What becomes of a call: lost on the way there or back, answered otherwise, or late. */
export type CallFault =
  | { kind: 'request lost' }
  | { kind: 'reply lost' }
  | { kind: 'reply held'; ms: number }
  | { kind: 'clock off'; ms: number }
  /** `passed`: the service has done it all the same. */
  | { kind: 'refused'; refusal: Refusal; passed: boolean };

export type CallRule = (call: BotCall) => CallFault | undefined;

/** A message of the service's on its way to the bot. */
export interface Push {
  type: string;
  order: string | null;
  /** The frame as it came, and what it says. */
  text: string;
  message: PushedMessage;
}

export interface PushedMessage {
  type: string;
  id?: string;
  timestamp?: unknown;
  data?: { order_hash?: string; metadata?: Record<string, unknown> } & Record<string, unknown>;
}

/** Returns true when it has seen to a push; otherwise that is delivered as it came. */
export type PushRule = (push: Push, line: BotLine) => boolean | undefined;

/** Is told of a new socket before anything is pushed on it. */
export type LineRule = (line: BotLine) => void;

/** The faults that scenarios have asked for, each until its scenario ends. */
export class Faults {
  readonly calls = new Set<CallRule>();
  readonly pushes = new Set<PushRule>();
  readonly lines = new Set<LineRule>();

  ofCall(call: BotCall): CallFault | undefined {
    for (const rule of this.calls) {
      const fault = rule(call);
      if (fault) return fault;
    }
    return undefined;
  }

  takesPush(push: Push, line: BotLine): boolean {
    for (const rule of this.pushes) if (rule(push, line)) return true;
    return false;
  }
}

export const REFUSALS = {
  tooMany: (retryAfterSeconds: number): Refusal => ({
    status: 429,
    code: 429001,
    message: 'Too many requests',
    details: `try again in ${retryAfterSeconds} s`,
    retryAfterSeconds,
  }),
  unavailable: (retryAfterSeconds: number): Refusal => ({
    status: 503,
    code: 503001,
    message: 'Service unavailable',
    details: 'the service is overloaded',
    retryAfterSeconds,
  }),
  internal: { status: 500, code: 500001, message: 'Internal error', details: 'something went wrong' },
  keyUnknown: { status: 401, code: 10010009, message: 'API key not found', details: 'the key is not known' },
  notLocked: { status: 409, code: 409001, message: 'Order not locked', details: 'the order is pending' },
  suspended: { status: 409, code: 409009, message: 'Order suspended', details: 'the order is suspended' },
  misdirected: {
    status: 421,
    code: 421001,
    message: 'Misdirected request',
    details: 'Host must be 127.0.0.1, localhost or [::1]',
  },
  answered: {
    status: 409,
    code: 409003,
    message: 'Cancellation already answered',
    details: 'the request was resolved otherwise before',
  },
} as const satisfies Record<string, Refusal | ((seconds: number) => Refusal)>;
