import { TradingError } from '#trading';
import { CALL_ID_HEADER } from '../call-id.js';
import { API_ERRORS, ApiError } from './api-errors.js';
import { failure, type Failure } from './failure.js';
import { RETRY_AFTER_SECONDS, toFailure } from './to-failure.js';

/** What browsers are told of every answer: it is what it says, it is nobody's page and is kept nowhere. */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

/** How an error is refused over the wire, wherever it is written. */
export interface Refusal {
  status: number;
  code: number;
  headers: Record<string, string>;
  body: Failure;
  /** Of an outage: what it came from, for the operator's eyes. */
  reason: string | undefined;
}

export function refusalOf(error: unknown, callId: string): Refusal {
  const { error: name, details } = toFailure(error, callId);
  const { status, code } = API_ERRORS[name];
  const seconds =
    error instanceof ApiError || error instanceof TradingError ? error.retryAfterSeconds : undefined;
  const waits = status === 429 || status === 503;
  return {
    status,
    code,
    headers: {
      ...SECURITY_HEADERS,
      'content-type': 'application/json; charset=utf-8',
      [CALL_ID_HEADER]: callId,
      ...(waits && { 'retry-after': String(seconds ?? RETRY_AFTER_SECONDS) }),
    },
    body: failure(name, details),
    reason: status === 503 ? (error as Error).message : undefined,
  };
}
