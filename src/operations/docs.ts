import { readFileSync } from 'node:fs';
import { SETTINGS, type Settings } from '#config';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ANSWER_HEADERS, RATE_LIMIT_HEADERS } from '../http/documents/api-answers.js';
import { codeSamplesOf, type Operation } from './code-samples/code-samples.js';
import { exampleOf, type Schemas } from './document-examples.js';

/** The named lists of values. Nest would describe them by whatever field it meets first. */
const LISTS: Record<string, string> = {
  OrderStatus:
    'Where an order stands. `partially_filled`, `filled`, `cancelled`, `expired` and `rejected` are final.',
  CancellationStatus: '`requested` and `timed_out` are open: the taker can still answer.',
  ResolvedBy: 'What resolved a cancellation request.',
  FillStatus: 'What the fill made of its order.',
  MakerOrdersSort: "What a maker's orders can be sorted by.",
  TakerOrdersSort: "What a taker's orders can be sorted by.",
  FillsSort: 'What fills can be sorted by.',
  TakerMessageType: "What a taker's socket can say, and `heartbeat`, which comes in any case.",
  SortOrder: 'Ascending or descending.',
};

/**
 * The OpenAPI document, from the code. Version 3.1, because 3.0 cannot say that a reference may be null, which
 * generators then leave out of their types.
 */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Lockstep')
    .setDescription(readFileSync(new URL('./introduction.md', import.meta.url), 'utf8'))
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('.', 'this service')
    .addTag(
      'Takers: orders',
      'Brokers and custodians, with an API key: from the lock to the fill or the verdict',
    )
    .addTag('Makers: login', 'Wallet users: from a wallet signature to a token')
    .addTag('Makers: orders', 'Wallet users, with their token: placing, watching and cancelling orders')
    .addTag('Operations', 'For those who run the service')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key', description: "A taker's API key" }, 'taker')
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: "A maker's token, signed and checked as RFC8725 says: by one algorithm, and with an end",
      },
      'maker',
    )
    .build();
  config.info.contact = { name: 'The maintainers of Lockstep' };
  config.components = { ...config.components, headers: ANSWER_HEADERS };
  return withFigures(
    withFormats(finished(SwaggerModule.createDocument(app, config))),
    app.get<Settings>(SETTINGS),
  );
}

/** Where the words name a setting as `{{LOCK_TTL_SECONDS}}`, its value here. */
function withFigures(document: OpenAPIObject, settings: Settings): OpenAPIObject {
  const json = JSON.stringify(document).replaceAll(/\{\{([A-Z0-9_]+)\}\}/g, (_, name: string) => {
    if (!(name in settings)) throw new Error(`the document names ${name}, which is no setting`);
    return String(settings[name as keyof Settings]);
  });
  return JSON.parse(json) as OpenAPIObject;
}

/** Says of each whole number whether it fits 32 bits: generators for Java, Go and C# take the narrow type where nothing is said. */
function withFormats<T>(node: T): T {
  if (typeof node !== 'object' || node === null) return node;
  const schema = node as { type?: string | string[]; maximum?: number; format?: string };
  if ([schema.type].flat().includes('integer')) {
    schema.format = (schema.maximum ?? Infinity) < 2 ** 31 ? 'int32' : 'int64';
  }
  Object.values(node).forEach(withFormats);
  return node;
}

/** What Nest's decorators cannot say, in an order that reads well and stays the same when calls are added. */
function finished({ openapi, info, servers, tags, paths, components }: OpenAPIObject): OpenAPIObject {
  for (const [path, operations] of Object.entries(paths)) {
    // a body is read here too, but HTTP gives it no meaning: many clients and proxies do not let one through
    delete operations.delete?.requestBody;
    for (const method of METHODS) {
      const operation = operations[method];
      if (operation) finish(operation, method, path, components!.schemas!);
    }
    for (const parameter of operations.get?.parameters ?? []) {
      if (!('in' in parameter) || parameter.in !== 'query') continue;
      parameter.schema = ofQuery(parameter.schema as QuerySchema);
    }
  }
  const schemas = Object.entries(components!.schemas!).toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, schema] of schemas) {
    if ('enum' in schema) schema.description = LISTS[name];
  }
  return {
    openapi,
    info,
    servers,
    tags,
    paths,
    components: { ...components, schemas: Object.fromEntries(schemas) },
  };
}

const METHODS = ['get', 'post', 'delete'] as const;

function finish(operation: Operation, method: string, path: string, schemas: Schemas): void {
  operation.security ??= []; // nothing is asked for, which a document without it leaves open
  showExamples(operation, schemas);
  if (path.startsWith('/api/')) showRateLimits(operation);
  Object.assign(operation, { 'x-codeSamples': codeSamplesOf(method, path, operation, schemas) });
}

/** Gives each body and each success a whole example, made of those of its fields; refusals have theirs. */
function showExamples({ requestBody, responses }: Operation, schemas: Schemas): void {
  for (const holder of [requestBody, ...Object.values(responses)]) {
    const content = holder && 'content' in holder && holder.content?.['application/json'];
    if (content && !content.examples) content.example = exampleOf(content.schema!, schemas);
  }
}

/** Health is never counted. */
function showRateLimits({ responses }: Operation): void {
  for (const response of Object.values(responses)) {
    if (response && 'headers' in response) Object.assign(response.headers!, RATE_LIMIT_HEADERS);
  }
}

interface QuerySchema {
  type?: string | string[];
  oneOf?: object[];
  example?: unknown;
}

/** Swagger UI fills examples in, and a list narrowed by those of all its filters is empty; and a query has no null. */
function ofQuery({ example: _example, type, oneOf, ...schema }: QuerySchema): object {
  // beside the choices, Nest names the type that the text is read into
  if (oneOf) return { ...schema, oneOf };
  const types = [type ?? []].flat().filter((name) => name !== 'null');
  return { ...schema, ...(types.length > 0 && { type: types.length === 1 ? types[0] : types }) };
}
