import createClient, { type Client } from 'openapi-fetch';
import { LockstepError } from './lockstep-error.js';
import type { operations, paths } from './openapi.js';
import type { ServerClock } from './server-clock.js';
import { timeLimit } from './time-limit.js';

/** Sends a request; `fetch`, or something around it that logs, counts or goes through a proxy. */
export type Send = (request: Request) => Promise<Response>;

/** Every call of the service, typed by its OpenAPI document. A refusal is thrown as LockstepError. */
export type Api = Client<paths, 'application/json'>;

/** What an operation takes as JSON body and as query parameters, and what it answers inside the envelope. */
export type Body<Name extends keyof operations> = operations[Name] extends {
  requestBody?: { content: { 'application/json': infer Json } };
}
  ? Json
  : never;
export type Data<Name extends keyof operations> =
  SuccessOf<operations[Name]['responses']> extends { content: { 'application/json': { data: infer Answer } } }
    ? Answer
    : never;
type SuccessOf<Responses> = Responses[keyof Responses & (200 | 201 | 202)];
export type Query<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>;

/** A call without an answer by then has failed, and nobody knows whether it was done. */
const CALL_TIMEOUT_MS = 15_000;

export interface ApiOptions {
  url: string;
  /** Sets the headers that tell who calls. */
  authorize: (request: Request) => Promise<void>;
  send: Send | undefined;
  /** By which calls are signed: one that is refused for its timestamp was not done, and is signed and sent once more. */
  clock?: ServerClock;
}

export function createApi({ url, authorize, send = fetch, clock }: ApiOptions): Api {
  const sendOnce = async (request: Request): Promise<Response> => {
    await authorize(request);
    const signal = AbortSignal.any([request.signal, timeLimit(CALL_TIMEOUT_MS)]);
    const limited = new Request(request, { signal });
    try {
      return await send(limited);
    } finally {
      // Node 20 loses the limit with the request, which fetch itself does not keep
      void limited.signal;
    }
  };
  const api = createClient<paths, 'application/json'>({
    baseUrl: url,
    fetch: async (request) => {
      if (!clock) return sendOnce(request);
      const [again, signedWithMs] = [request.clone(), clock.offsetMs];
      const response = await sendOnce(request);
      if (response.ok) return response;
      const isLate = clock.learnFrom(await refusalIn(response.clone()), signedWithMs);
      return isLate ? sendOnce(again) : response;
    },
    // Nobody who is not the service gets to see a key or a signature.
    redirect: 'error',
    querySerializer: { array: { style: 'form', explode: false } },
  });
  api.use({
    onResponse: async ({ response }) => {
      if (!response.ok) throw await refusalIn(response);
    },
  });
  return api;
}

async function refusalIn(response: Response): Promise<LockstepError> {
  const { status, headers } = response;
  return new LockstepError({ status, header: (name) => headers.get(name), body: await response.text() });
}

/** Takes the data of a success out of its envelope. */
export async function dataOf<E extends { data: unknown }>(answer: Promise<{ data?: E }>): Promise<E['data']> {
  const { data: envelope } = await answer;
  if (envelope === undefined) throw new Error('the service answered without a body');
  return envelope.data;
}
