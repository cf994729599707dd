import { expectDocumented } from './documented.js';

/** One HTTP call and its answer, read as the envelope. */
export interface Answer {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests compare answers literally
  body: any;
}

export interface CallOptions {
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  raw?: string | Uint8Array;
}

export async function call(
  method: string,
  url: string,
  { headers = {}, json, raw }: CallOptions = {},
): Promise<Answer> {
  const body = raw ?? (json === undefined ? undefined : JSON.stringify(json));
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(url, { method, headers: { ...type, ...headers }, body: body as string });
  const answer = { status: response.status, headers: response.headers, body: await response.json() };
  expectDocumented({ method, url, sent: json, ...answer });
  return answer;
}
