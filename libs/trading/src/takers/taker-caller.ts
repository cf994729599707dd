import { type Actor, inCall } from '#events';

/** The taker on whose behalf a call is made. */
export interface TakerCaller {
  takerId: string;
  keyId: string;
  /** Lower-case. */
  addresses: readonly string[];
}

export function takerActor({ takerId, keyId }: TakerCaller): Actor {
  return { kind: 'taker', taker_id: takerId, key_id: keyId, ...inCall() };
}
