import type * as heyApi from '../../artifacts/clients/generated/hey-api/index.js';
import type { components } from '../../artifacts/clients/generated/openapi-typescript.js';
import type * as swaggerTypescriptApi from '../../artifacts/clients/generated/swagger-typescript-api.js';

/** What generators easily lose on the way: null, optional fields, lists of values and constants. */
interface Cancellation {
  request_id: string;
  status: 'requested' | 'accepted' | 'rejected' | 'timed_out';
  reason: string;
  requested_at: string;
  expires_at: string;
  pushed_at: string | null;
  resolved_at: string | null;
  resolved_by: 'answer' | 'unlock' | 'reject' | 'fill' | 'lock_expiry' | null;
  late: boolean;
  message: string | null;
}
interface CancelResultRequest {
  order_hash: string;
  taker_address: string;
  cancellation_success: boolean;
  message: string;
  request_id?: string | null;
}
interface OrderCancelledResponse {
  code: 0;
  data: { success: true; order_id: string; status: 'cancelled'; message: string };
}
type Wanted = [Cancellation, Cancellation | null, CancelResultRequest, OrderCancelledResponse];

type IsWanted<Generated> = [Generated, Wanted] extends [Wanted, Generated] ? true : false;

type Schemas = components['schemas'];
export const ofOpenapiTypescript: IsWanted<
  [
    Schemas['Cancellation'],
    Schemas['OrderView']['cancellation'],
    Schemas['CancelResultRequest'],
    Schemas['OrderCancelledResponse'],
  ]
> = true;

export const ofHeyApi: IsWanted<
  [
    heyApi.Cancellation,
    heyApi.OrderView['cancellation'],
    heyApi.CancelResultRequest,
    heyApi.OrderCancelledResponse,
  ]
> = true;

export const ofSwaggerTypescriptApi: IsWanted<
  [
    swaggerTypescriptApi.Cancellation,
    swaggerTypescriptApi.OrderView['cancellation'],
    swaggerTypescriptApi.CancelResultRequest,
    swaggerTypescriptApi.OrderCancelledResponse,
  ]
> = true;
