import type { Actor } from '#events';
import type { Span } from '#tracing';

/** The maker on whose behalf a call is made. */
export interface MakerCaller {
  /** Its address, lower-case. */
  wallet: string;
  /** The HTTP call's id. */
  callId: string;
  /** Its span, when it is traced. */
  span?: Span;
}

export function makerActor({ wallet, callId, span }: MakerCaller): Actor {
  const traceparent = span?.traceparent;
  return { kind: 'maker', wallet_address: wallet, http_request_id: callId, traceparent };
}
