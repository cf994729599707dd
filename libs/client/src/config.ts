import { createApi, type Data, dataOf, type Send } from './api.js';
import type { Settlement } from './order-signature.js';

/** Asks a service what a client must know of it: how orders are signed there, times and limits. Nobody need log in. */
export function readConfig({ url, fetch: send }: { url: string; fetch?: Send }): Promise<Data<'getConfig'>> {
  const api = createApi({ url, send, authorize: async () => {} });
  return dataOf(api.GET('/api/v1/config'));
}

/** Where a service's orders settle, as makers' clients take it. */
export function settlementOf({ eip712 }: Data<'getConfig'>): Settlement {
  const { chainId, verifyingContract } = eip712.domain;
  return { chainId, verifyingContract };
}
