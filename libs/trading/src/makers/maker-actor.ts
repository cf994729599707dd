import { type Actor, inCall } from '#events';

export function makerActor(wallet: string): Actor {
  return { kind: 'maker', wallet_address: wallet, ...inCall() };
}
