import type { OpenAPIObject } from '@nestjs/swagger';

export type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type Schema = Schemas[string];

/** An example of a schema: its own where it has one, else made of those of its parts. */
export function exampleOf(schema: Schema, schemas: Schemas): unknown {
  if ('example' in schema) return schema.example;
  if ('$ref' in schema) return exampleOf(schemas[schema.$ref.split('/').at(-1)!]!, schemas);
  const choice = schema.allOf ?? schema.anyOf ?? schema.oneOf;
  if (choice) return exampleOf(choice[0]!, schemas);
  if (schema.enum) return schema.enum[0];
  if (schema.items) return [exampleOf(schema.items, schemas)];
  if (schema.properties) {
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, field]) => [name, exampleOf(field, schemas)]),
    );
  }
  throw new Error(`a schema has no example: ${JSON.stringify(schema)}`);
}
