/** What of JSON Schema the service's OpenAPI document uses for what clients send. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  pattern?: string;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
}

const FORMATS: Record<string, RegExp> = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
};

/** What does not fit, in words; undefined when a value is as its schema says. Fields that a schema does not name do not fit. */
export function misfitOf(
  document: unknown,
  given: unknown,
  value: unknown,
  name: string,
): string | undefined {
  const schema = resolved(document, given as Schema);
  const { allOf = [], anyOf, oneOf } = schema;
  for (const part of allOf) {
    const misfit = misfitOf(document, part, value, name);
    if (misfit) return misfit;
  }
  const choices = anyOf ?? oneOf;
  if (choices) {
    const misfits = choices.map((choice) => misfitOf(document, choice, value, name));
    if (!misfits.includes(undefined)) return misfits[0];
  }
  return ofType(schema, value, name) ?? ofText(schema, value, name) ?? inside(document, schema, value, name);
}

/** Follows a reference within the document. */
export function resolved(document: unknown, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const keys = schema.$ref.slice('#/'.length).split('/');
  const found = keys.reduce((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
  if (!found) throw new Error(`the OpenAPI document has no ${schema.$ref}`);
  return resolved(document, found as Schema);
}

function ofType(
  { type, enum: values, minimum, maximum }: Schema,
  value: unknown,
  name: string,
): string | undefined {
  const types = type === undefined ? undefined : [type].flat();
  if (types && !types.some((wanted) => isOf(wanted, value))) return `${name} must be ${types.join(' or ')}`;
  if (values && value !== null && !values.includes(value))
    return `${name} must be one of ${values.join(', ')}`;
  if (typeof value !== 'number') return undefined;
  if (minimum !== undefined && value < minimum) return `${name} must be at least ${minimum}`;
  if (maximum !== undefined && value > maximum) return `${name} must be at most ${maximum}`;
  return undefined;
}

function ofText(schema: Schema, value: unknown, name: string): string | undefined {
  if (typeof value !== 'string') return undefined;
  const { pattern, format, minLength = 0, maxLength = Infinity } = schema;
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return `${name} must match ${pattern}`;
  const form = format === undefined ? undefined : FORMATS[format];
  if (form && !form.test(value)) return `${name} must be a ${format}`;
  const { length } = Array.from(value);
  if (length < minLength || length > maxLength) {
    return `${name} must have ${minLength} to ${maxLength} characters`;
  }
  return undefined;
}

function inside(
  document: unknown,
  { properties, required = [], items }: Schema,
  value: unknown,
  name: string,
): string | undefined {
  if (Array.isArray(value)) {
    const misfits = items ? value.map((item) => misfitOf(document, items, item, name)) : [];
    return misfits.find((misfit) => misfit !== undefined);
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const missing = required.find((key) => !Object.hasOwn(fields, key));
  if (missing !== undefined) return `${missing} is missing in ${name}`;
  if (!properties) return undefined;
  for (const [key, field] of Object.entries(fields)) {
    if (!Object.hasOwn(properties, key)) return `${name} must not have ${key}`;
    // for an optional field, null says that it is not there
    if (field === null && !required.includes(key)) continue;
    const misfit = misfitOf(document, properties[key], field, key);
    if (misfit) return misfit;
  }
  return undefined;
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
