import type { OpenAPIObject } from '@nestjs/swagger';
import { exampleOf, type Schemas } from '../document-examples.js';
import { inCurl } from './curl.js';
import { inGo } from './go.js';
import { inJava } from './java.js';
import { inPython } from './python.js';
import type { CodeSample, Header, SampledCall } from './sampled-call.js';
import { inTypeScript } from './typescript.js';

const WRITERS: [lang: string, label: string, write: (call: SampledCall) => string][] = [
  ['Shell', 'curl', inCurl],
  ['TypeScript', 'TypeScript', inTypeScript],
  ['Python', 'Python', inPython],
  ['Java', 'Java', inJava],
  ['Go', 'Go', inGo],
];

/** What is asked of lists, by operation: a few filters that many need. */
const QUERIES: Record<string, string> = {
  listOrders: 'status=pending,locked&sort_by=created_at&sort_order=desc',
  listTakerOrders: 'status=locked&page_size=100',
  listCancellationRequests: 'status=requested,timed_out',
  listFills: 'status=filled&page_size=100',
  listAvailableOrders: 'limit=100',
  listTakerEvents: 'types=order_status_change,cancellation_request&limit=100',
};

const HEADERS: Record<string, Header> = {
  taker: { name: 'X-API-Key', words: '', variable: 'LOCKSTEP_API_KEY' },
  maker: { name: 'Authorization', words: 'Bearer ', variable: 'LOCKSTEP_TOKEN' },
};

export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** A call in each language, with the document's own examples. */
export function codeSamplesOf(
  method: string,
  path: string,
  operation: Operation,
  schemas: Schemas,
): CodeSample[] {
  const call = sampledCall(method, path, operation, schemas);
  return WRITERS.map(([lang, label, write]) => ({ lang, label, source: write(call) }));
}

function sampledCall(
  method: string,
  path: string,
  { operationId, parameters, requestBody, security }: Operation,
  schemas: Schemas,
): SampledCall {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = parameters!.find((one) => 'in' in one && one.in === 'path' && one.name === name);
    return String(exampleOf((parameter as { schema: Schemas[string] }).schema, schemas));
  });
  const query = QUERIES[operationId!];
  const callers = security!.flatMap((scheme) => Object.keys(scheme));
  const body = requestBody && 'content' in requestBody && requestBody.content['application/json']!.example;
  return {
    operationId: operationId!,
    method: method.toUpperCase() as SampledCall['method'],
    path: query ? `${filled}?${query}` : filled,
    headers: [
      ...callers.map((caller) => HEADERS[caller]!),
      ...(body ? [{ name: 'Content-Type', words: 'application/json' }] : []),
    ],
    ...(body ? { body: body as unknown } : {}),
  };
}
