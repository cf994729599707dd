import type { OpenAPIObject } from '@nestjs/swagger';

type Node = Record<string, unknown>;

const isNull = (schema: unknown): boolean => (schema as Node).type === 'null';

/** The same document in version 3.0, for generators that know no other: it cannot say `null` as a type, only `nullable`. */
export function inVersion30(document: OpenAPIObject): OpenAPIObject {
  return { ...(converted(document) as OpenAPIObject), openapi: '3.0.3' };
}

function converted(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(converted);
  if (typeof node !== 'object' || node === null) return node;
  const parts = Object.entries(node).map(([name, part]) => [
    name,
    isExample(name, part) ? part : converted(part),
  ]);
  return withoutConst(withoutNull(Object.fromEntries(parts) as Node));
}

/** Values are no schemas; a field that is named `example` would be one. */
const isExample = (name: string, part: unknown): boolean =>
  (name === 'example' || name === 'examples') && !(part as Node | null)?.type;

function withoutNull({ type, oneOf, anyOf, ...schema }: Node): Node {
  const choices = (oneOf ?? anyOf) as Node[] | undefined;
  if (choices?.some(isNull)) {
    const [only, ...others] = choices.filter((choice) => !isNull(choice));
    if (others.length > 0) return { ...schema, nullable: true, oneOf: [only, ...others] };
    // beside a reference nothing else counts
    return { ...('$ref' in only! ? { allOf: [only] } : only), ...schema, nullable: true };
  }
  if (Array.isArray(type)) {
    const only = (type as string[]).find((name) => name !== 'null');
    return { type: only, ...schema, nullable: true };
  }
  return {
    ...(type !== undefined && { type }),
    ...schema,
    ...(oneOf !== undefined && { oneOf }),
    ...(anyOf !== undefined && { anyOf }),
  };
}

function withoutConst({ const: value, ...schema }: Node): Node {
  return value === undefined ? schema : { type: typeof value, enum: [value], ...schema };
}
