import { type EntityTarget, getMetadataArgsStorage } from 'typeorm';
import type { ColumnMetadataArgs } from 'typeorm/metadata-args/ColumnMetadataArgs.js';
import { PreparedStatement } from './prepared-statement.js';

/** An entity's columns, for a statement that names them. */
export function columnsOf(entity: EntityTarget<object>, alias?: string): string {
  const names = columns(entity).map(({ propertyName }) => propertyName);
  return names.map((name) => (alias ? `${alias}.${name}` : name)).join(', ');
}

/** Some of an entity's columns with their types, as `jsonb_to_recordset` wants to be told them. */
export function typedColumnsOf<Row>(entity: EntityTarget<Row>, names: readonly (keyof Row)[]): string {
  return columns(entity as EntityTarget<object>)
    .filter(({ propertyName }) => names.includes(propertyName as keyof Row))
    .map(typed)
    .join(', ');
}

/** What a statement is given of a row. */
export function pick<Row, Name extends keyof Row>(row: Row, names: readonly Name[]): Pick<Row, Name> {
  const picked = {} as Pick<Row, Name>;
  for (const name of names) picked[name] = row[name];
  return picked;
}

/** Adds rows that are given as one JSON array. Through the query builder, writing the statement took longer than the rest. */
export function insertStatement(entity: EntityTarget<object>): PreparedStatement {
  const table = getMetadataArgsStorage().tables.find(({ target }) => target === entity)!.name!;
  const written = columns(entity).filter(({ options }) => options.insert !== false);
  const names = written.map(({ propertyName }) => propertyName).join(', ');
  return new PreparedStatement(
    `insert_${table}`,
    `INSERT INTO ${table} (${names})
       SELECT ${names} FROM jsonb_to_recordset($1::jsonb) AS given (${written.map(typed).join(', ')})`,
  );
}

/**
 * The end of a statement that is sent with COMMIT, where nobody looks at its result before: it fails unless `changed` has
 * as many rows as the JSON array that it was given.
 */
export const requireRows = (what: string): string => `
  SELECT require_rows('${what}', changed, wanted)
  FROM (SELECT (SELECT count(*) FROM changed) AS changed, jsonb_array_length($1) AS wanted) rows
  WHERE changed <> wanted`;

function columns(entity: EntityTarget<object>): ColumnMetadataArgs[] {
  return getMetadataArgsStorage().filterColumns(entity as Function);
}

const typed = ({ propertyName, options }: ColumnMetadataArgs): string =>
  `${propertyName} ${options.type as string}`;
