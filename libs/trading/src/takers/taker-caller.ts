import type { Actor } from '#events';
import type { Span } from '#tracing';

/** An API key, and the taker whose it is. */
export interface TakerKey {
  takerId: string;
  keyId: string;
  /** Lower-case. */
  addresses: readonly string[];
}

/** The taker on whose behalf a call is made. */
export interface TakerCaller extends TakerKey {
  /** The HTTP call's id. */
  callId: string;
  /** Its span, when it is traced. */
  span?: Span;
}

export function takerActor({ takerId, keyId, callId, span }: TakerCaller): Actor {
  const traceparent = span?.traceparent;
  return { kind: 'taker', taker_id: takerId, key_id: keyId, http_request_id: callId, traceparent };
}
