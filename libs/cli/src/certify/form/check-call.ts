import type { BotCall } from '../runner/bot-call.js';
import { misfitOf, resolved } from './schema.js';

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema: object;
}

interface Operation {
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema: object }> };
}

interface Document {
  paths: Record<string, Record<string, Operation> & { parameters?: Parameter[] }>;
}

/** Codes that say of a call that it was not understood. */
const MISUNDERSTOOD = new Set([400, 413, 415]);

/** What is wrong with a call by the service's OpenAPI document, in words. */
export function checkCall(openapi: unknown, call: BotCall): string | undefined {
  const document = openapi as Document;
  const path = pathOf(document, call.path);
  if (path === undefined) return 'there is no such path';
  const method = call.method === 'HEAD' ? 'get' : call.method.toLowerCase();
  const operation = document.paths[path]![method];
  if (!operation) return `${call.method} is not allowed there`;
  const parameters = [...(document.paths[path]!.parameters ?? []), ...(operation.parameters ?? [])];
  return (
    checkPath(document, parameters, path, call.path) ??
    checkQuery(document, parameters, call.query) ??
    checkBody(document, operation, call) ??
    refusedFor(call)
  );
}

/** Paths without parameters come first, as the service's router has it. */
function pathOf({ paths }: Document, path: string): string | undefined {
  if (Object.hasOwn(paths, path)) return path;
  return Object.keys(paths).find((known) =>
    new RegExp(`^${known.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(path),
  );
}

function checkPath(
  document: Document,
  parameters: Parameter[],
  path: string,
  given: string,
): string | undefined {
  const names = path.split('/');
  const values = given.split('/');
  for (const { name, in: place, schema } of parameters) {
    if (place !== 'path') continue;
    const misfit = misfitOf(document, schema, decoded(values[names.indexOf(`{${name}}`)]!), name);
    if (misfit) return misfit;
  }
  return undefined;
}

function checkQuery(document: Document, parameters: Parameter[], query: string): string | undefined {
  const known = new Map(
    parameters.filter(({ in: place }) => place === 'query').map((each) => [each.name, each]),
  );
  const given = new URLSearchParams(query);
  const missing = [...known.values()].find(({ name, required }) => required && !given.has(name));
  if (missing) return `${missing.name} is missing in the query`;
  for (const [name, value] of given) {
    const parameter = known.get(name);
    if (!parameter) return `there is no query parameter ${name}`;
    const misfits = candidates(document, parameter.schema, value).map((candidate) =>
      misfitOf(document, parameter.schema, candidate, name),
    );
    if (!misfits.includes(undefined)) return misfits[0];
  }
  return undefined;
}

/** What the text of a query may mean. */
function candidates(document: Document, schema: object, text: string): unknown[] {
  const { type } = resolved(document, schema);
  if (type === 'array') return [text.split(',')];
  const number = text.trim() === '' ? NaN : Number(text);
  const flag = text === 'true' ? [true] : text === 'false' ? [false] : [];
  return [text, ...(Number.isNaN(number) ? [] : [number]), ...flag];
}

function checkBody(
  document: Document,
  { requestBody }: Operation,
  { hasBody, json }: BotCall,
): string | undefined {
  const schema = requestBody?.content['application/json']?.schema;
  if (!hasBody) return requestBody?.required ? 'the body is missing' : undefined;
  if (!schema) return undefined; // the service reads none
  if (json === undefined) return 'the body is no JSON';
  return misfitOf(document, schema, json, 'the body');
}

/** What the service itself has found in it. */
function refusedFor({ service }: BotCall): string | undefined {
  if (!service || !MISUNDERSTOOD.has(service.status)) return undefined;
  return `the service answered ${service.status}: ${service.body}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
