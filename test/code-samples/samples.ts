import { readFileSync } from 'node:fs';

/** A sample as the document shows it. */
export interface Sample {
  operationId: string;
  source: string;
}

/** A call of the document that has samples. */
export interface SampledOperation {
  operationId: string;
  /** Where its successes stand in the document. */
  successes: string[][];
  isOfMaker: boolean;
  sources: Map<string, string>;
}

interface Operation {
  operationId: string;
  security: Record<string, unknown>[];
  requestBody?: { content: { 'application/json': { example: Record<string, unknown> } } };
  responses: Record<string, unknown>;
  'x-codeSamples': { lang: string; label: string; source: string }[];
}

const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
};

/** Of all calls; the one that ends the maker's tokens comes last. */
export const OPERATIONS: SampledOperation[] = Object.entries(paths)
  .flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      operationId: operation.operationId,
      successes: Object.keys(operation.responses)
        .filter((status) => Number(status) < 300)
        .map((status) => ['paths', path, method, 'responses', status]),
      isOfMaker: operation.security.some((scheme) => 'maker' in scheme),
      sources: new Map(operation['x-codeSamples'].map(({ label, source }) => [label, source])),
    })),
  )
  .toSorted((a, b) => Number(a.operationId === 'logOut') - Number(b.operationId === 'logOut'));

/** What the example login signs. */
export const LOGIN_MESSAGE = paths['/api/v1/makers/connect']!.post!.requestBody!.content['application/json']
  .example.message as string;
