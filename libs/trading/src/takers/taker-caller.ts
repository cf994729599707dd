import type { Actor } from '#events';

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
}

export function takerActor({ takerId, keyId, callId }: TakerCaller): Actor {
  return { kind: 'taker', taker_id: takerId, key_id: keyId, http_request_id: callId };
}
