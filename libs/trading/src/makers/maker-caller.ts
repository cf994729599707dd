import type { Actor } from '#events';

/** The maker on whose behalf a call is made. */
export interface MakerCaller {
  /** Its address, lower-case. */
  wallet: string;
  /** The HTTP call's id. */
  callId: string;
}

export function makerActor({ wallet, callId }: MakerCaller): Actor {
  return { kind: 'maker', wallet_address: wallet, http_request_id: callId };
}
