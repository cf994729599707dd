import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/**
 * Holds every call that a test makes against openapi.json. Whatever is answered must be documented to the letter:
 * its status, its headers, each field with its type, and each refusal's code. What was accepted must have been
 * allowed: the body and each query parameter. So the document is as true as the tests are thorough.
 */
export interface Exchange {
  method: string;
  url: string;
  sent: unknown;
  status: number;
  headers: Headers;
  body: unknown;
}

interface Content {
  'application/json': {
    schema: object;
    examples?: Record<string, { value: { code: number; message: string } }>;
  };
}
interface Operation {
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Content };
  responses: Record<string, { headers: Record<string, { $ref: string }>; content: Content }>;
}

const document = JSON.parse(readFileSync('openapi.json', 'utf8'), (_, node) =>
  // for clients answers are open to new fields; here a field that is not documented is a mistake
  node?.properties ? { ...node, unevaluatedProperties: false } : node,
) as {
  paths: Record<string, Record<string, Operation>>;
  components: { headers: Record<string, { required: boolean }> };
};

const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  formats: {
    int32: true,
    int64: true,
    'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  },
}).addSchema(document, 'openapi');

/** Paths without parameters first, as the router prefers them. */
const paths = Object.keys(document.paths)
  .toSorted((a, b) => Number(a.includes('{')) - Number(b.includes('{')))
  .map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`) }));

export function expectDocumented({ method, url, sent, status, headers, body }: Exchange): void {
  const { pathname, searchParams } = new URL(url);
  const path = paths.find(({ pattern }) => pattern.test(pathname))?.path;
  const operation = path && document.paths[path]![method.toLowerCase()];
  if (!operation) return;

  const where = ['paths', path, method.toLowerCase()];
  const complain = (what: string): never => {
    throw new Error(
      `${method} ${path} answered ${status}, and by openapi.json ${what}: ${JSON.stringify(body)}`,
    );
  };
  const response = operation.responses[status] ?? complain('it never does');
  for (const name of Object.keys(response.headers)) {
    if (document.components.headers[name]!.required && !headers.has(name))
      complain(`${name} must come with it`);
  }
  const misfits = misfitsOf([...where, 'responses', String(status)], body);
  if (misfits) complain(misfits);

  if (status >= 300) {
    const { code, message } = body as { code: number; message: string };
    const examples = Object.values(response.content['application/json'].examples!);
    const known = examples.some(({ value }) => value.code === code && value.message === message);
    if (!known) complain('this code is not among its codes');
    return;
  }
  const refused = sent !== undefined && operation.requestBody && misfitsOf([...where, 'requestBody'], sent);
  if (refused) complain(`the body should have been refused, ${refused}`);
  for (const name of searchParams.keys()) {
    const parameter = operation.parameters?.some((known) => known.in === 'query' && known.name === name);
    if (!parameter) complain(`there is no parameter ${name}`);
  }
}

const validators = new Map<string, ValidateFunction>();

/** What is wrong with a value by the schema of a response or a request body. */
export function misfitsOf(holder: string[], value: unknown): string | undefined {
  const pointer = [...holder, 'content', 'application/json', 'schema']
    .map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `openapi#/${pointer}` });
  validators.set(pointer, validate);
  if (validate(value)) return undefined;
  return validate
    .errors!.map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    )
    .join(', ');
}
