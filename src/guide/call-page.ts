import type { OpenAPIObject } from '@nestjs/swagger';
import type { CodeSample } from '../operations/code-samples/sampled-call.js';
import { type Field, fieldRows, fieldTable, kindOf, type Named, table } from './field-table.js';

/** A call of the OpenAPI document as a page of prose, with its samples by themselves, which are shown one at a time. */
export interface CallPage {
  /** In the address: its operation id. */
  name: string;
  title: string;
  /** The tag under which it stands. */
  group: string;
  /** Method and path. */
  call: string;
  /** What comes before its samples, as Markdown whose links to other pages end so. */
  before: (ending: string) => string;
  samples: CodeSample[];
  after: (ending: string) => string;
}

interface Content {
  'application/json': {
    schema: Field;
    example?: unknown;
    examples?: Record<string, { value: { code: number; message: string; details: string } }>;
  };
}

interface Parameter {
  name: string;
  in: 'path' | 'query';
  description: string;
  schema: Field;
}

interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: [string];
  security: Record<string, unknown>[];
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, { description: string; content: Content }>;
  'x-codeSamples': CodeSample[];
}

/** By the security scheme that is asked for. */
const CALLERS: Record<string, string> = {
  taker: 'by a taker, with its key in `X-API-Key`',
  maker: 'by a maker, with its token in `Authorization`',
};

/** All calls, by tags in the document's order. */
export function callPages({ paths, tags, components }: OpenAPIObject): CallPage[] {
  const named = components!.schemas as Named;
  const pages = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations as unknown as Record<string, Operation>).map(([method, operation]) =>
      callPage(`${method.toUpperCase()} ${path}`, operation, named),
    ),
  );
  // a sandbox's calls have a tag that the document of a service without one has not
  const groups = new Set([...tags!.map(({ name }) => name), ...pages.map(({ group }) => group)]);
  return [...groups].flatMap((name) => pages.filter(({ group }) => group === name));
}

function callPage(call: string, operation: Operation, named: Named): CallPage {
  const { operationId, summary, description, tags, security } = operation;
  const callers = security.flatMap((scheme) => Object.keys(scheme));
  const by = callers.length === 0 ? 'by anybody' : callers.map((caller) => CALLERS[caller]).join(' or ');
  return {
    name: operationId,
    title: summary,
    group: tags[0],
    call,
    before: (ending) =>
      [
        `# ${summary}`,
        `\`${call}\`, ${by}. Operation \`${operationId}\`.`,
        description,
        '## Samples',
        aboutSamples(callers, ending),
      ].join('\n\n'),
    samples: operation['x-codeSamples'],
    after: (ending) =>
      [...whatIsSent(operation, named), ...whatIsAnswered(operation, named, ending)].join('\n\n'),
  };
}

function aboutSamples(callers: string[], ending: string): string {
  const variables = ['URL', ...callers.map((caller) => (caller === 'taker' ? 'API_KEY' : 'TOKEN'))];
  const words = `Whole programs that print the answer. Set ${variables.map((name) => `\`LOCKSTEP_${name}\``).join(' and ')}, and put your own values in the place of the examples.`;
  const signed = `A key that demands signed requests takes [two headers more](../guide/authentication${ending}#signed-requests).`;
  return callers.includes('taker') ? `${words} ${signed}` : words;
}

function whatIsSent({ parameters = [], requestBody }: Operation, named: Named): string[] {
  const rowsOf = (place: Parameter['in']) =>
    parameters
      .filter((parameter) => parameter.in === place)
      .map(({ name, description, schema }) => [`\`${name}\``, kindOf(schema, named), description]);
  const body = requestBody?.content['application/json'].schema;
  return [
    ...section('## In the path', rowsOf('path')),
    ...section('## In the query', rowsOf('query')),
    ...section('## Body', body ? fieldRows(body, named) : []),
  ];
}

const section = (heading: string, rows: string[][]): string[] =>
  rows.length > 0 ? [heading, fieldTable(rows)] : [];

function whatIsAnswered({ responses }: Operation, named: Named, ending: string): string[] {
  const all = Object.entries(responses);
  const successes = all.filter(([status]) => Number(status) < 300);
  const refusals = all.filter(([status]) => Number(status) >= 300);
  const rows = refusals.flatMap(([status, { content }]) =>
    Object.values(content['application/json'].examples!).map(({ value: { code, message, details } }) => [
      status,
      `[${code}](../docs/errors/${code}${ending})`,
      message,
      details,
    ]),
  );
  return [
    ...successes.flatMap(([status, { description, content }]) => {
      const { schema, example } = content['application/json'];
      const shown = `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``;
      return [`## Answer ${status}`, `${description}.`, fieldTable(fieldRows(schema, named)), shown];
    }),
    '## Refusals',
    table(['HTTP', 'code', 'message', 'for example'], rows),
  ];
}
