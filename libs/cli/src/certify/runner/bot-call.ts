import type { OrderTerms } from '#client';
import type { TranscriptEntry } from '../report.js';

export const CANCEL_RESULT = '/api/v1/orders/cancel-result';
export const LOCK = '/api/v1/orders/lock';
export const UNLOCK = '/api/v1/orders/unlock';
export const FILL = '/api/v1/orders/fill';
export const REJECT = '/api/v1/orders/reject';
const SOCKET = '/ws/taker/v1';

/** A call of the bot's, or its asking for a socket. */
export interface BotCall {
  /** By this machine's monotonic clock, as all times that verdicts stand on. */
  at: number;
  method: string;
  path: string;
  /** As it was sent, without `?`. */
  query: string;
  hasBody: boolean;
  /** The body, where it is JSON. */
  json: unknown;
  /** Which order it is about, where it says so. */
  order: string | null;
  /** What the service answered, when it was asked. */
  service: Answer | undefined;
  /** The status that the bot was answered, and when; none where the connection was cut. */
  told: { status: number; at: number } | undefined;
  /** What transcripts have of it. */
  entries: TranscriptEntry[];
}

/** The service reads no body that is longer. */
const MAX_BODY_CHARACTERS = 64 * 1024;

export function callOf(
  { method, path, query }: Pick<BotCall, 'method' | 'path' | 'query'>,
  body: string,
  hashOf: (terms: OrderTerms) => string,
): BotCall {
  const json = body.length > MAX_BODY_CHARACTERS ? undefined : jsonIn(body);
  return {
    at: performance.now(),
    method,
    path,
    query,
    hasBody: body !== '',
    json,
    order: orderIn(path, json, hashOf),
    service: undefined,
    told: undefined,
    entries: [],
  };
}

export interface Answer {
  status: number;
  /** Of the service's envelope. */
  code: number | undefined;
  /** The address that holds the order, of an order. */
  lockedBy: string | undefined;
  /** As it is shown. */
  body: string;
}

export const isSocket = ({ path }: BotCall): boolean => path === SOCKET;

/** The verdict that a call gives on a cancellation request. */
export function verdictIn({ path, json }: BotCall): boolean | undefined {
  if (path !== CANCEL_RESULT) return undefined;
  const { cancellation_success } = (json ?? {}) as { cancellation_success?: unknown };
  return typeof cancellation_success === 'boolean' ? cancellation_success : undefined;
}

/** Whether the service has done what the call asks. */
export const isDone = ({ service }: BotCall): boolean => service !== undefined && service.status < 300;

export function answerIn(status: number, text: string, shown: string): Answer {
  const { code, data } = (jsonIn(text) ?? {}) as { code?: number; data?: { locked_by?: string } };
  return { status, code, lockedBy: data?.locked_by, body: shown };
}

export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The hash of the order that a path or body names; a fill names it by its terms. */
function orderIn(path: string, json: unknown, hashOf: (terms: OrderTerms) => string): string | null {
  const inPath = /0x[0-9a-f]{64}/i.exec(path);
  if (inPath) return inPath[0].toLowerCase();
  const { order_hash, order } = (json ?? {}) as { order_hash?: unknown; order?: OrderTerms };
  if (typeof order_hash === 'string') return order_hash.toLowerCase();
  try {
    return order ? hashOf(order).toLowerCase() : null;
  } catch {
    return null; // terms that make no order
  }
}
